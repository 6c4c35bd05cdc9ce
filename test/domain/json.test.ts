import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitsInt, isCount } from '../../src/domain/int.ts';
import { isDeeperThan, MAX_JSON_DEPTH, unwritable } from '../../src/domain/json.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const nested = (levels: number, inner = ''): JsonValue =>
  JSON.parse(`${'['.repeat(levels)}${inner}${']'.repeat(levels)}`) as JsonValue;

const json = fc.jsonValue({ maxDepth: 5 }).map((value) => value as JsonValue);

describe('unwritable JSON', () => {
  it('includes values nested too deeply', () => {
    expect(unwritable(nested(MAX_JSON_DEPTH, '1'))).toBeNull();
    for (const levels of [MAX_JSON_DEPTH + 1, 1_000_000]) {
      expect(unwritable([Array<JsonValue>(300_000).fill({}), { a: nested(levels) }])).toContain('nested');
      expect(isDeeperThan({ a: nested(levels) }, MAX_JSON_DEPTH)).toBe(true);
    }
    expect(isDeeperThan(nested(MAX_JSON_DEPTH, '1'), MAX_JSON_DEPTH)).toBe(false);
  });

  it('includes infinite numbers, which would silently become null', () => {
    fc.assert(
      fc.property(json, fc.constantFrom('1e400', '-1e400'), fc.nat(5), (value, number, levels) => {
        expect(unwritable(value)).toBeNull();
        expect(unwritable([value, { a: nested(levels, number) }])).toContain('exceeds the range of a double');
      }),
    );
  });
});

describe('a number', () => {
  it('is a count if it is any non-negative integer', () => {
    expect([0, 1, 2 ** 40].every(isCount)).toBe(true);
    expect([-1, 0.5, NaN, Infinity, '1', null, undefined].some(isCount)).toBe(false);
  });

  it('fits an Int up to 2^31 - 1', () => {
    expect([0, 2 ** 31 - 1, 1 - 2 ** 31].every(fitsInt)).toBe(true);
    expect([2 ** 31, -(2 ** 31), Infinity].some(fitsInt)).toBe(false);
  });
});
