import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GraphQLError, type Additions, type ObservedOperation, type StepgatePlugin } from 'stepgate';
import { captureLog } from '../harness/observed.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { codesOf } from '../harness/operations.ts';
import { startEmbedded, type EmbeddedGateway } from './embedding.ts';

const RUN = 'query Status { run(workflowId: "wf", id: "r1") { status } }';

let upstream: FaultyUpstream;
let gateway: EmbeddedGateway | undefined;
const log = captureLog('error');
beforeEach(async () => {
  upstream = await startFaultyUpstream(healthy);
});
afterEach(async () => {
  await gateway?.close();
  await upstream.close();
});
const start = async (additions: Additions) =>
  (gateway = await startEmbedded({ logger: log.logger, ...additions }, { UPSTREAM_URL: upstream.url }));

describe('a plugin of an embedder', () => {
  it('sees each sending of each operation with its caller, and what was answered', async () => {
    const seen: unknown[] = [];
    const plugin: StepgatePlugin = {
      requestDidStart: ({ contextValue: { viewerId, requestId } }) =>
        Promise.resolve({
          willSendResponse({ operationName, response: { body } }) {
            seen.push([
              operationName,
              viewerId?.length,
              requestId.length > 0,
              body.kind === 'single' && body.singleResult,
            ]);
            return Promise.resolve();
          },
        }),
    };
    const { thrice } = await start({ plugins: [plugin] });
    const answers = await thrice(RUN);
    const data = { run: { status: 'COMPLETED' } };
    expect(answers.map((answer) => answer.data)).toEqual([data, data, data]);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['Status', 43, true, { data }]));
    expect(upstream.count('run')).toBe(1);
  });

  it('may refuse by whom an operation is sent, over every transport, however often others have sent it', async () => {
    const viewers = new Set<string | null>();
    const plugin: StepgatePlugin = {
      requestDidStart: () =>
        Promise.resolve({
          didResolveOperation({ contextValue: { viewerId } }) {
            viewers.add(viewerId);
            if (viewers.size < 2) return Promise.resolve();
            throw new GraphQLError('not you', { extensions: { code: 'NOT_YOU' } });
          },
        }),
    };
    const { url, thrice } = await start({ plugins: [plugin] });
    for (const answer of await thrice(RUN)) expect(codesOf(answer)).toEqual([]);
    for (const transport of TRANSPORTS) {
      const { data, errors = [] } = await send(transport, url, { query: RUN }, 'key-2');
      expect(data ?? null).toBeNull();
      expect(codesOf({ errors })).toEqual(['NOT_YOU']);
    }
  });

  it.each<readonly [string, StepgatePlugin, string]>([
    ['fails', { requestDidStart: () => Promise.reject(new Error('password')) }, 'password'],
    [
      'fails later',
      { requestDidStart: () => Promise.resolve({ didResolveOperation: () => Promise.reject(new Error('password')) }) },
      'password',
    ],
    [
      'answers itself',
      {
        requestDidStart: () =>
          Promise.resolve({
            responseForOperation: () =>
              Promise.resolve({ http: {} as never, body: { kind: 'single', singleResult: { data: {} } } }),
          }),
      },
      'a plugin answered an operation itself',
    ],
  ])('that %s is masked and logged, and opens nothing', async (_, plugin, reason) => {
    const { thrice } = await start({ plugins: [plugin] });
    for (const answer of await thrice(RUN)) {
      expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
      expect(JSON.stringify(answer.errors)).not.toContain(reason);
    }
    expect(log.text).toContain(reason);
    expect(upstream.calls).toEqual([]);
  });
});

describe('onOperation', () => {
  it('is told of each operation, also of an answer from the response cache and of an invalid one', async () => {
    const seen: ObservedOperation[] = [];
    const { query, thrice } = await start({ onOperation: (operation) => seen.push(operation) });
    await thrice(RUN);
    await query('{ nope }');
    expect(
      seen.map(({ name, type, cache, outcome, errorCodes }) => [name, type, cache, outcome, ...errorCodes]),
    ).toEqual([
      ['Status', 'query', 'fetched', 'ok'],
      ['Status', 'query', 'held', 'ok'],
      [null, 'unknown', 'ready', 'ok'],
      [null, 'unknown', 'none', 'client_error', 'GRAPHQL_VALIDATION_FAILED'],
    ]);
    expect(new Set(seen.map(({ viewerId }) => viewerId)).size).toBe(1);
    expect(JSON.stringify(seen)).not.toContain('key-1');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('observer failed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('observer failed'))],
  ])('that %s changes no answer', async (_, onOperation) => {
    const { thrice } = await start({ onOperation });
    for (const answer of await thrice(RUN)) expect(answer.data).toEqual({ run: { status: 'COMPLETED' } });
    expect(log.text).toContain('observer failed');
  });
});
