import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GraphQLError, locatedError, parse } from 'graphql';
import {
  createErrorFormatting,
  errorAnswer,
  requestError,
  statusOf,
} from '../../src/graphql/operations/error-formatting.ts';
import type { OperationRecord } from '../../src/observability/operation-record.ts';
import { AbandonedError, ERROR_CODES, GatewayError } from '../../src/upstream/errors.ts';
import { captureLog } from '../support/observed.ts';

const MASKED = 'Something went wrong inside the gateway. The request id leads to its log.';
const SECRET = 'secret-4711';

const recordOf = (): OperationRecord => ({
  transport: 'http',
  requestId: 'request-1',
  viewerId: null,
  http: undefined,
  startedAt: 0,
  span: null,
  traceparent: null,
  name: null,
  type: 'query',
  queryHash: null,
  hasCached: false,
  hasFetched: false,
  hasStale: false,
  upstreamCalls: 0,
  events: 0,
  isSubscribed: false,
  isAbandoned: false,
  errorCodes: [],
});

const NODES = parse('{ f }').definitions;
const PATH = ['run', 'steps', 3];
/** As graphql-js wraps what a resolver throws. */
const thrownAt = (error: unknown) => locatedError(error, NODES, PATH);

function formatted(...errors: readonly unknown[]) {
  const log = captureLog('info');
  const record = recordOf();
  const [error] = createErrorFormatting(log.logger).format(errors, record);
  return { error, log, record };
}

describe('what a client sees of an error', () => {
  it('is nothing of a defect but the request id, which leads to its log', () => {
    const defects = fc.oneof(
      fc.constantFrom(
        new Error(SECRET),
        new TypeError(SECRET),
        SECRET,
        // A resolver returned a value of the wrong type: it names no node of the document.
        new GraphQLError(SECRET, { path: ['run'] }),
      ),
      fc.string().map((text) => new RangeError(`${SECRET} ${text}`)),
    );
    fc.assert(
      fc.property(defects, fc.boolean(), (defect, isInResolver) => {
        const { error, log, record } = formatted(isInResolver ? thrownAt(defect) : defect);
        expect(JSON.stringify(error)).not.toContain(SECRET);
        expect(error).toMatchObject({
          message: MASKED,
          extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'request-1' },
        });
        if (isInResolver && !(defect instanceof GraphQLError)) expect(error?.path).toEqual(PATH);
        expect(log.lines).toMatchObject([{ level: 50, requestId: 'request-1' }]);
        expect(log.text).toContain(SECRET);
        expect(record).toMatchObject({ isAbandoned: false, errorCodes: ['INTERNAL_SERVER_ERROR'] });
      }),
    );
  });

  it.each([...ERROR_CODES])('is all of a GatewayError, at the path where it happened: %s', (code) => {
    const thrown = new GatewayError(code, 'in words', { upstreamStatus: 418, retryAfterSeconds: 7 });
    const { error, log, record } = formatted(thrownAt(thrown));
    expect(error).toEqual({
      message: 'in words',
      path: PATH,
      locations: [{ line: 1, column: 1 }],
      extensions: {
        code,
        retryable: thrown.isRetryable,
        upstreamStatus: 418,
        retryAfterSeconds: 7,
        requestId: 'request-1',
      },
    });
    expect(log.lines).toEqual([]);
    expect(record.errorCodes).toEqual([code]);
  });

  it('is the message of an error of its own operation, which is never retryable', () => {
    const ofVariable = new GraphQLError('no such variable');
    const ofArgument = new GraphQLError('no such value', { nodes: NODES, path: PATH });
    for (const own of [ofVariable, ofArgument]) {
      const { error, log } = formatted(own);
      expect(error).toMatchObject({ message: own.message, extensions: { code: 'BAD_USER_INPUT', retryable: false } });
      expect(log.lines).toEqual([]);
    }
    const { error } = formatted(requestError('BAD_REQUEST', 'no body', 415));
    expect(error).toEqual({
      message: 'no body',
      extensions: { code: 'BAD_REQUEST', retryable: false, requestId: 'request-1' },
    });
  });

  it('is not logged and not counted where the client has gone', () => {
    const { error, log, record } = formatted(
      thrownAt(new AbandonedError()),
      thrownAt(new GatewayError('NOT_FOUND', '')),
    );
    expect(error).toMatchObject({ message: MASKED, extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false } });
    expect(log.lines).toEqual([]);
    expect(record).toMatchObject({ isAbandoned: true, errorCodes: [] });
  });

  it('is masked where a plugin of Apollo Server fails, and else what Apollo says', () => {
    const log = captureLog('info');
    const record = recordOf();
    const errors = createErrorFormatting(log.logger).complete(
      [
        { message: SECRET, extensions: { code: 'INTERNAL_SERVER_ERROR' } },
        { message: 'Syntax Error', locations: [{ line: 1, column: 2 }], extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
      ],
      record,
    );
    const complete = { retryable: false, requestId: 'request-1' };
    expect(errors).toEqual([
      { message: MASKED, extensions: { code: 'INTERNAL_SERVER_ERROR', ...complete } },
      {
        message: 'Syntax Error',
        locations: [{ line: 1, column: 2 }],
        extensions: { code: 'GRAPHQL_PARSE_FAILED', ...complete },
      },
    ]);
    expect(log.lines).toMatchObject([{ reason: SECRET, requestId: 'request-1' }]);
    expect(record.errorCodes).toEqual(['INTERNAL_SERVER_ERROR', 'GRAPHQL_PARSE_FAILED']);
  });

  it('may have no extensions, and gets those of every error', () => {
    const [error] = createErrorFormatting(captureLog('info').logger).complete([{ message: 'bare' }], recordOf());
    expect(error).toEqual({ message: 'bare', extensions: { retryable: false, requestId: 'request-1' } });
  });

  it('is answered without data where nothing was executed, and else beside null', () => {
    const errors = [{ message: 'no' }];
    const answer = { kind: 'answer', status: 400, untilMs: 0 };
    const results = [{ errors }, { errors, data: null }];
    const answers = [errorAnswer(errors, 400), errorAnswer(errors, 400, null)];
    expect(answers).toStrictEqual(
      results.map((result) => ({ ...answer, result, sizeBytes: JSON.stringify(result).length })),
    );
  });

  it.each<[string, unknown, number]>([
    ['a defect', new Error(SECRET), 500],
    ['a rate limit', new GatewayError('RATE_LIMITED', ''), 429],
    ['another GatewayError', new GatewayError('UNAUTHENTICATED', ''), 400],
    ['a bad operation', new GraphQLError(''), 400],
    ['a bad request', requestError('BAD_REQUEST', '', 415), 415],
    ['a bad request without a status of its own', requestError('BAD_REQUEST', ''), 400],
  ])('comes with a status, if nothing was executed: %s', (_, error, status) => {
    expect(statusOf(error)).toBe(status);
  });
});
