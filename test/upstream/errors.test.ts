import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AbandonedError,
  ERROR_CODES,
  GatewayError,
  isAccessDenied,
  isNotFound,
  isOutage,
  isUpstreamFault,
  type ErrorCode,
  type ErrorDetails,
} from '../../src/upstream/errors.ts';
import { startedNothing, withOutcome } from '../../src/upstream/unknown-outcome.ts';

/** Each code, and whether the same request may succeed a little later. */
const CODES: Readonly<Record<ErrorCode, boolean>> = {
  UNAUTHENTICATED: false,
  FORBIDDEN: false,
  NOT_FOUND: false,
  BAD_USER_INPUT: false,
  RATE_LIMITED: true,
  ANSWER_TOO_LARGE: false,
  UPSTREAM_UNAVAILABLE: true,
  UPSTREAM_TIMEOUT: true,
  UPSTREAM_OVERLOADED: true,
  UPSTREAM_CONTRACT_VIOLATION: false,
  UPSTREAM_BUDGET_EXCEEDED: false,
  UPSTREAM_ENDPOINT_DISABLED: false,
  IDENTITY_UNAVAILABLE: true,
  IDEMPOTENCY_UNAVAILABLE: true,
  NUMBER_OUT_OF_RANGE: false,
};

const codes = fc.constantFrom(...(Object.keys(CODES) as ErrorCode[]));
const REFUSALS = [400, 401, 403, 404, 405, 407, 413, 415, 418, 422, 429, 499];
const statuses = fc.constantFrom(...REFUSALS, 200, 302, 399, 408, 409, 500, 502, 503, 504);
const everyDetail = { retryAfterSeconds: 7, wasNotSent: true, outcomeIsUnknown: true, retryable: false } as const;
const details: fc.Arbitrary<ErrorDetails> = fc
  .tuple(fc.option(statuses), fc.subarray(Object.keys(everyDetail) as (keyof typeof everyDetail)[]))
  .map(([upstreamStatus, keys]) => ({
    ...(upstreamStatus !== null && { upstreamStatus }),
    ...Object.fromEntries(keys.map((key) => [key, everyDetail[key]])),
  }));

describe('an error', () => {
  it('has one of the codes that clients are told of', () => {
    expect(ERROR_CODES.toSorted()).toEqual(Object.keys(CODES).sort());
  });

  it('is retryable by its code, unless it may have taken effect, or stays until a setting changes', () => {
    fc.assert(
      fc.property(codes, details, (code, of) => {
        const error = new GatewayError(code, 'why', of);
        const isRetryable = CODES[code] && !('outcomeIsUnknown' in of) && !('retryable' in of);
        expect(error).toMatchObject({ name: 'GatewayError', message: 'why', code, details: of, isRetryable });
        expect(isOutage(error)).toBe(isRetryable);
        expect(isUpstreamFault(error)).toBe(isRetryable || code === 'UPSTREAM_CONTRACT_VIOLATION');
        expect(isAccessDenied(error)).toBe(code === 'UNAUTHENTICATED' || code === 'FORBIDDEN');
        expect(isNotFound(error)).toBe(code === 'NOT_FOUND');
      }),
    );
  });

  it('of another class is none of these', () => {
    const likeOne = { code: 'NOT_FOUND', isRetryable: true };
    for (const error of [new AbandonedError(), new TypeError('x'), Object.assign(new Error('x'), likeOne), undefined]) {
      for (const is of [isOutage, isUpstreamFault, isAccessDenied, isNotFound, startedNothing]) {
        expect(is(error)).toBe(false);
      }
      expect(withOutcome(error)).toBe(error);
    }
    expect(String(new AbandonedError())).toMatch(/^AbandonedError: /);
  });
});

describe('a start that failed', () => {
  it('has started nothing where its request was not sent, or was refused; else that is not known, and it is not retryable', () => {
    fc.assert(
      fc.property(codes, details, (code, all) => {
        const { outcomeIsUnknown, ...of } = all;
        fc.pre(!outcomeIsUnknown);
        const error = new GatewayError(code, 'why', of);
        const failed = withOutcome(error) as GatewayError;
        const hasStartedNothing =
          'wasNotSent' in of || code === 'BAD_USER_INPUT' || REFUSALS.includes(of.upstreamStatus ?? 0);
        expect(startedNothing(failed)).toBe(hasStartedNothing);
        if (hasStartedNothing) expect(failed).toBe(error);
        else {
          expect(failed).toMatchObject({ code, details: { ...of, outcomeIsUnknown: true }, isRetryable: false });
          expect(failed.message).toMatch(/^why\. Whether the run has started is not known/);
        }
      }),
    );
  });
});
