import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../../src/domain/types.ts';
import { sizeOf } from '../../src/graphql/operations/answer-size.ts';
import { WrittenJson } from '../../src/graphql/written-json.ts';
import { bodyOf, isLarge, jsonInPieces, piecesOf } from '../../src/http/graphql/answer-bytes.ts';
import { bytesOf, lengthOf } from '../../src/http/body-parts.ts';
import { anyCharacter } from '../harness/any-character.ts';

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

/** As it is sent; null: not at all. */
async function sent(...given: Parameters<typeof bodyOf>): Promise<string | null> {
  const body = await bodyOf(...given);
  if (body) expect(lengthOf(body)).toBe(bytesOf(body).length);
  return body && bytesOf(body).toString();
}

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
      const json = await sent(answer(result, size), () => false);
      expect(JSON.parse(json ?? '')).toEqual({
        data: { run: { outputs: JSON.parse(text) as unknown, id: 'r' } },
      });
      if (size > MEGABYTE) expect(json).toContain(text);
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
    const json = await sent(answer(result, 4 * MEGABYTE), () => false);
    clearImmediate(timer);
    expect(json).toBe(JSON.stringify(result));
    // One for each megabyte, of which there are five.
    expect(turns).toBeGreaterThan(1);
    expect(turns).toBeLessThan(10);
    expect(await sent(answer({ data: null }, 20), () => true)).toBe('{"data":null}');
  });

  it('has the bytes of the upstream itself, where they are many', async () => {
    const written = ['x'.repeat(MEGABYTE), 'y', 'z'.repeat(40_000)].map((text) => Buffer.from(JSON.stringify(text)));
    const result = { data: { steps: written.map((bytes) => ({ outputs: new WrittenJson(bytes) })) } };
    const parts = await bodyOf(answer(result, sizeOf(result, Infinity)), () => false);
    const views = (parts as readonly Buffer[]).filter((part) => written.some(({ buffer }) => buffer === part.buffer));
    expect(views.map(({ length }) => length)).toEqual([MEGABYTE + 2, 40_002]);
    expect(bytesOf(parts ?? '').toString()).toBe(JSON.stringify(result));
  });

  it('is one line as a whole, as an event of a stream must be', async () => {
    const written = JSON.stringify({ text: 'a\nb', list: Array.from({ length: 200_000 }, () => 'é') }, null, '\r\n  ');
    const result = { data: { outputs: new WrittenJson(Buffer.from(written)) } };
    const text = (await jsonInPieces(result, '', '')).toString();
    expect(text).not.toMatch(/[\r\n]/);
    expect(JSON.parse(text)).toEqual({ data: { outputs: JSON.parse(written) as unknown } });
  });

  it('keeps no block of the upstream of which it has little', async () => {
    const block = Buffer.from(JSON.stringify('x'.repeat(4 * MEGABYTE)));
    const result = (end: number) => ({
      data: [0, 1].map((at) => new WrittenJson(Buffer.from(block.buffer, block.byteOffset + at * end, end))),
    });
    for (const [end, isKept] of [
      [MEGABYTE, false],
      [2 * MEGABYTE, true],
    ] as const) {
      const parts = await bodyOf(answer(result(end), 2 * end), () => false);
      expect((parts as readonly Buffer[]).some(({ buffer }) => buffer === block.buffer)).toBe(isKept);
      expect(lengthOf(parts ?? '')).toBe(sizeOf(result(end), Infinity));
    }
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
    expect(await sent(answer(result, 20 * MEGABYTE), isGone)).toBeNull();
    expect(looks).toBe(1);
  });
});
