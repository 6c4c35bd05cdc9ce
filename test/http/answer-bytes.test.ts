import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../../src/domain/types.ts';
import { sizeOf } from '../../src/graphql/operations/answer-size.ts';
import { WrittenJson } from '../../src/graphql/written-json.ts';
import { bytesOf, isLarge, jsonInPieces, piecesOf } from '../../src/http/graphql/answer-bytes.ts';
import { anyCharacter } from '../support/any-character.ts';

const MEGABYTE = 2 ** 20;

/** JSON whose texts, lists and objects are longer than a piece, here and there. */
const largeJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, -1.5, 1e21, '', '"\\\n', '\ud83d', '🐎'),
    fc
      .tuple(fc.string({ unit: anyCharacter }), fc.nat(60_000))
      .map(([text, length]) => text.padEnd(length, `a${text}`)),
    fc.tuple(fc.array(tie('value'), { maxLength: 4 }), fc.nat(300)).map(([items, times]) => {
      return items.length === 0 ? [] : [...Array.from({ length: times }, (_, index) => index), ...items];
    }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5 }),
  ),
})).value;

const answer = (result: object, sizeBytes: number) =>
  ({ kind: 'answer', result, sizeBytes, status: 200, untilMs: 0 }) as const;

describe('an answer as JSON', () => {
  it('is the same in pieces', () => {
    fc.assert(
      fc.property(largeJson, (value) => {
        expect([...piecesOf(value)].join('')).toBe(JSON.stringify(value));
      }),
      { numRuns: 100 },
    );
  });

  it('has what is answered as it was written in it, be it short or long', async () => {
    for (const text of ['{ "a": 1.0, "b": "\\u00fc" }', `[ ${'1.50, '.repeat(MEGABYTE)}"ü" ]`]) {
      const result = { data: { run: { outputs: new WrittenJson(Buffer.from(text)), id: 'r' } } };
      const size = sizeOf(result, Infinity);
      expect(size).toBe(Buffer.byteLength(`{"data":{"run":{"outputs":${text},"id":"r"}}}`));
      expect(isLarge(result)).toBe(size > MEGABYTE);
      const bytes = await bytesOf(answer(result, size), () => false);
      expect(JSON.parse(bytes?.toString() ?? '')).toEqual({
        data: { run: { outputs: JSON.parse(text) as unknown, id: 'r' } },
      });
      if (size > MEGABYTE) expect(bytes?.includes(text)).toBe(true);
    }
  });

  it.each([
    ['a text with pairs of surrogates at the edges of its pieces', `a${'🐎'.repeat(40_000)}`],
    ['a text of halves of pairs', '\ud83d'.repeat(70_000)],
    ['a list of many numbers', Array.from({ length: 100_000 }, (_, index) => index)],
    ['a list of long texts', ['x'.repeat(40_000), '', 'y'.repeat(40_000)]],
    [
      'an object of many fields',
      Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index])),
    ],
  ])('is the same in pieces: %s', (_, value) => {
    const pieces = [...piecesOf(value)];
    expect(pieces.join('')).toBe(JSON.stringify(value));
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(6 * 32_768 + 1);
  });

  it('is written at once if it is short, and else in several turns of the event loop', async () => {
    const result = { data: { run: { outputs: ['é"'.repeat(MEGABYTE), 'x'.repeat(MEGABYTE)] } } };
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const bytes = await bytesOf(answer(result, 4 * MEGABYTE), () => false);
    clearImmediate(timer);
    expect(bytes?.toString()).toBe(JSON.stringify(result));
    // One for each megabyte, of which there are five.
    expect(turns).toBeGreaterThan(1);
    expect(turns).toBeLessThan(10);
    expect((await bytesOf(answer({ data: null }, 20), () => true))?.toString()).toBe('{"data":null}');
  });

  it('is large from a megabyte on', () => {
    const ofLength = (length: number) => ({ data: { text: 'x'.repeat(length - '{"data":{"text":""}}'.length) } });
    expect(JSON.stringify(ofLength(MEGABYTE))).toHaveLength(MEGABYTE);
    expect([1, MEGABYTE, 2 * MEGABYTE].map((more) => isLarge(ofLength(MEGABYTE - 1 + more)))).toEqual([
      true,
      true,
      true,
    ]);
    expect([30, MEGABYTE - 1].map((length) => isLarge(ofLength(length)))).toEqual([false, false]);
  });

  it('is written whole between what stands before and after it', async () => {
    for (const length of [1, 3 * MEGABYTE]) {
      const result = { data: { run: { outputs: 'x'.repeat(length) } } };
      const bytes = await jsonInPieces(result, 'before ', ' after');
      expect(bytes.toString()).toBe(`before ${JSON.stringify(result)} after`);
    }
  });

  it('is not written to its end if it is large and its client leaves', async () => {
    let looks = 0;
    const isGone = () => {
      looks += 1;
      return true;
    };
    const result = { data: { run: { outputs: Array<string>(20).fill('x'.repeat(MEGABYTE)) } } };
    expect(await bytesOf(answer(result, 20 * MEGABYTE), isGone)).toBeNull();
    expect(looks).toBe(2);
  });
});
