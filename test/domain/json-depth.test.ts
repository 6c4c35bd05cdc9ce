import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeeperThan, MAX_JSON_DEPTH, unwritable } from '../../src/domain/json.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const nested = (levels: number, inner = ''): JsonValue =>
  JSON.parse(`${'['.repeat(levels)}${inner}${']'.repeat(levels)}`) as JsonValue;

const json = fc.jsonValue({ maxDepth: 5 }).map((value) => value as JsonValue);

function depthOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values<JsonValue>(value).map(depthOf));
}

describe('the depth of JSON', () => {
  it('is the number of lists and objects within each other', () => {
    fc.assert(
      fc.property(json, fc.nat(7), (value, depth) => {
        expect(isDeeperThan(value, depth)).toBe(depthOf(value) > depth);
      }),
    );
  });

  it('is checked for any number of levels and of values', () => {
    expect(isDeeperThan(nested(MAX_JSON_DEPTH, '1'), MAX_JSON_DEPTH)).toBe(false);
    expect(isDeeperThan(nested(MAX_JSON_DEPTH + 1), MAX_JSON_DEPTH)).toBe(true);
    expect(isDeeperThan(nested(1_000_000), MAX_JSON_DEPTH)).toBe(true);
    expect(isDeeperThan([Array<JsonValue>(300_000).fill([]), nested(1_000_000)], MAX_JSON_DEPTH)).toBe(true);
    expect(isDeeperThan(Array<JsonValue>(300_000).fill([]), MAX_JSON_DEPTH)).toBe(false);
  });
});

describe('JSON that can not be written', () => {
  it('is nested too deep, at any place', () => {
    expect(unwritable(nested(MAX_JSON_DEPTH, '1'))).toBeNull();
    for (const levels of [MAX_JSON_DEPTH + 1, 1_000_000]) {
      expect(unwritable(nested(levels))).toBe(`nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
  });

  it('has an infinite number, which would silently become null', () => {
    fc.assert(
      fc.property(json, fc.constantFrom('1e400', '-1e400'), fc.nat(5), (value, number, levels) => {
        expect(unwritable(value)).toBeNull();
        const text = JSON.stringify([value, { '§': '§' }]).replace(
          '"§"}',
          `${'['.repeat(levels)}${number}${']'.repeat(levels)}}`,
        );
        expect(unwritable(JSON.parse(text) as JsonValue)).toBe('a number is beyond what a double holds');
      }),
    );
  });
});
