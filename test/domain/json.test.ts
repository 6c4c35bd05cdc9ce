import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldOf, jsonTextLength } from '../../src/domain/json.ts';
import type { JsonValue } from '../../src/domain/types.ts';

describe('fieldOf', () => {
  it('finds own fields of objects alone', () => {
    expect(fieldOf({ a: 1 }, 'a')).toBe(1);
    expect(fieldOf({ a: null }, 'a')).toBeNull();
    expect(fieldOf({}, 'constructor')).toBeUndefined();
    expect(fieldOf(['x'], '0')).toBeUndefined();
    expect(fieldOf('text', 'length')).toBeUndefined();
    expect(fieldOf(undefined, 'a')).toBeUndefined();
  });
});

describe('jsonTextLength', () => {
  it('is that of the text which JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonTextLength(value as JsonValue, Infinity)).toBe(JSON.stringify(value).length);
      }),
    );
  });

  it('is not counted to its end where it passes the limit', () => {
    let doubled: JsonValue = 'x';
    for (let i = 0; i < 100; i += 1) doubled = [doubled, doubled];
    expect(jsonTextLength(doubled, 1000)).toBeGreaterThan(1000);
    expect(jsonTextLength('abc', 5)).toBe(5);
  });
});
