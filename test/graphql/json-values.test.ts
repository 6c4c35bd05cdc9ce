import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asJson, asJsonItems, isThenable } from '../../src/graphql/extension/json-values.ts';
import { MAX_JSON_DEPTH } from '../../src/domain/json.ts';

const cycle: Record<string, unknown> = {};
cycle.again = cycle;
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const TOO_DEEP = `expected a value that is JSON: nested deeper than ${MAX_JSON_DEPTH} levels`;

/** What JSON has another form of, or leaves out. */
const leaf = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, NaN, new Date(0), new Map(), isThenable, Symbol('s')));

describe('a JSON value of an embedder', () => {
  it('is what JSON has of it, at once or later', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.array(leaf), fc.dictionary(fc.string(), leaf)), async (value) => {
        const expected: unknown = JSON.parse(JSON.stringify(value));
        expect(asJson(value)).toEqual(expected);
        expect(await asJson(Promise.resolve(value))).toEqual(expected);
      }),
    );
  });

  it('is none where nothing is said, null for what JSON leaves out, and an Error where it is one', () => {
    const error = new Error('no');
    expect([undefined, null, isThenable, Symbol('s'), error].map(asJson)).toEqual([undefined, null, null, null, error]);
  });

  it('fails where it can not be written, at once or later', async () => {
    expect(asJson(nested(MAX_JSON_DEPTH))).toEqual(nested(MAX_JSON_DEPTH));
    for (const [value, problem] of [
      [1n, /BigInt/],
      [cycle, /circular/],
      [nested(MAX_JSON_DEPTH + 1), TOO_DEEP],
    ] as const) {
      expect(() => asJson({ value: asJson(value) })).toThrow(problem);
      await expect(asJson(Promise.resolve(value))).rejects.toThrow(problem);
    }
  });
});

describe('a list of JSON values of an embedder', () => {
  it('is made of what can be gone through, each item by itself', async () => {
    const items = [1, undefined, new Date(0), cycle, 'a'];
    const expected = [1, undefined, new Date(0).toISOString(), expect.any(TypeError), 'a'];
    expect(asJsonItems(items)).toEqual(expected);
    expect(asJsonItems(new Set(items))).toEqual(expected);
    expect(asJsonItems(items.values())).toEqual(expected);
    expect(await asJsonItems(Promise.resolve(items))).toEqual(expected);
    const [good, bad] = asJsonItems([Promise.resolve(new Date(0)), Promise.resolve(cycle)]) as Promise<unknown>[];
    expect(await good).toBe(new Date(0).toISOString());
    await expect(bad).rejects.toThrow(TypeError);
  });

  it.each([undefined, null, 1, 'text', { a: 1 }, isThenable])('is left as it is where it is none: %p', (value) => {
    expect(asJsonItems(value)).toBe(value);
  });
});

it.each([
  [Promise.resolve(1), true],
  [{ then: () => undefined }, true],
  ...[undefined, null, 1, 'then', {}, { then: 1 }].map((value) => [value, false] as const),
])('what has a function `then` is waited for: %p', (value, expected) => {
  expect(isThenable(value)).toBe(expected);
});
