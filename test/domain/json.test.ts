import { describe, expect, it } from '@jest/globals';
import { fieldOf, isJsonArray, isJsonObject } from '../../src/domain/json.ts';

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

describe('the kinds of JSON', () => {
  it.each([
    [{}, true, false],
    [[], false, true],
    [null, false, false],
    ['[]', false, false],
    [0, false, false],
    [undefined, false, false],
  ])('tell objects, lists and all else apart: %p', (value, isObject, isArray) => {
    expect([isJsonObject(value), isJsonArray(value)]).toEqual([isObject, isArray]);
  });
});
