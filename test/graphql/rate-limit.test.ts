import { beforeEach, describe, expect, it } from '@jest/globals';
import { createRateLimit, rateLimited, type LocalRateLimit } from '../../src/graphql/operations/rate-limit.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';

const me = 'key-1';
const other = 'key-2';

describe('the rate limit', () => {
  let clock: ManualClock;
  let limit: LocalRateLimit;

  beforeEach(() => {
    clock = createManualClock();
    limit = createRateLimit({ perMinute: 6, now: clock.now, maxCallers: 2 });
  });

  const takeAll = () => Array.from({ length: 6 }, () => limit.take(me));

  it('lets all of a minute through at once, and says what is left', () => {
    expect(takeAll().map(({ isAllowed, remaining, resetSeconds }) => [isAllowed, remaining, resetSeconds])).toEqual([
      [true, 5, 10],
      [true, 4, 20],
      [true, 3, 30],
      [true, 2, 40],
      [true, 1, 50],
      [true, 0, 60],
    ]);
    expect(limit.take(me)).toEqual({
      isAllowed: false,
      limit: 6,
      remaining: 0,
      resetSeconds: 60,
      retryAfterSeconds: 10,
    });
  });

  it('lets another through each tenth second, and no two at the edge of a minute', () => {
    takeAll();
    clock.advance(9_999);
    expect(limit.take(me)).toMatchObject({ isAllowed: false, retryAfterSeconds: 1 });
    clock.advance(1);
    expect(limit.take(me).isAllowed).toBe(true);
    expect(limit.take(me).isAllowed).toBe(false);
    clock.advance(60_000);
    expect(takeAll().every(({ isAllowed }) => isAllowed)).toBe(true);
    expect(limit.take(me).isAllowed).toBe(false);
  });

  it('counts no refusal', () => {
    takeAll();
    for (let time = 0; time < 100; time += 1) limit.take(me);
    clock.advance(10_000);
    expect(limit.take(me).isAllowed).toBe(true);
  });

  it('counts each viewer alone, and forgets the one that was quiet longest', () => {
    takeAll();
    expect(limit.take(other).remaining).toBe(5);
    expect(limit.take(me).isAllowed).toBe(false);
    limit.take('key-3');
    limit.take('key-4');
    expect(limit.take(me).remaining).toBe(5);
  });

  it('locks nobody out when the clock is set back', () => {
    takeAll();
    clock.advance(-3_600_000);
    expect(limit.take(me)).toMatchObject({ isAllowed: false, retryAfterSeconds: 10 });
    clock.advance(10_000);
  });

  it.each([1, 7, 600, 999_999])('lets just %i through a minute, whatever the rounding', (perMinute) => {
    const exact = createRateLimit({ perMinute, now: clock.now });
    let allowed = 0;
    while (allowed <= perMinute && exact.take(me).isAllowed) allowed += 1;
    expect(allowed).toBe(perMinute);
  });

  it('is named in its error, with the limit and when to come again', () => {
    takeAll();
    const { message, code, details, isRetryable } = rateLimited(limit.take(me));
    expect(message).toBe('Rate limit exceeded: 6 operations per minute. Try again in 10 s.');
    expect({ code, details, isRetryable }).toEqual({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 10 },
      isRetryable: true,
    });
  });
});
