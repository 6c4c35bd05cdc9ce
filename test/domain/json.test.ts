import { describe, expect, it } from '@jest/globals';
import { fieldOf } from '../../src/domain/json.ts';

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
