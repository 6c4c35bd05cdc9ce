import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createOwnBytes } from '../../src/upstream/transport/own-bytes.ts';
import { bytesIn, createPages, textOf } from '../../src/upstream/transport/pages.ts';

const PAGE_BYTES = 65_536;

/** Parts whose edges lie anywhere, also within a character. */
const chunks = fc
  .tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(12_000), fc.array(fc.nat(80_000), { maxLength: 6 }))
  .map(([text, times, lengths]) => {
    let rest = Buffer.from(text.repeat(times));
    const parts = lengths.map((length) => {
      const part = rest.subarray(0, length);
      rest = rest.subarray(length);
      return part;
    });
    return [...parts, rest];
  });

describe('an answer in pages', () => {
  it('has the bytes that came, in memory of its own, in as much as was expected and then in full pages', () => {
    fc.assert(
      fc.property(chunks, fc.option(fc.oneof(fc.nat(200_000), fc.constant('exact'))), (parts, told) => {
        const whole = Buffer.concat(parts);
        const expected = told === 'exact' ? whole.length : told;
        const pages = createPages(() => expected ?? undefined);
        for (const part of parts) {
          const chunk = Buffer.from(part);
          pages.append(chunk);
          chunk.fill(0);
        }
        const all = pages.end();
        // Jest compares buffers byte by byte, and slowly.
        expect(Buffer.concat(all).equals(whole)).toBe(true);
        expect(bytesIn(all)).toBe(whole.length);
        expect(textOf(all)).toBe(whole.toString());
        const [first, ...others] = all;
        expect(first?.length ?? 0).toBe(Math.min(expected ?? PAGE_BYTES, whole.length));
        for (const [index, page] of others.entries()) {
          expect(page.length).toBe(Math.min(PAGE_BYTES, whole.length - (first?.length ?? 0) - index * PAGE_BYTES));
        }
        for (const page of all) expect(page.buffer.byteLength).toBe(page.length);
      }),
    );
  });
});

describe('bytes of their own', () => {
  it('are what was appended, whatever was expected, in at most twice their memory', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.array(
          fc.oneof(
            fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(2000)).map(([text, times]) => text.repeat(times)),
            fc.uint8Array(),
          ),
        ),
        (expected, parts) => {
          const pieces = parts.map((part) => (typeof part === 'string' ? part : Buffer.from(part)));
          const own = createOwnBytes(expected);
          for (const piece of pieces) own.append(piece);
          expect(own.bytes).toEqual(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
          expect(own.bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(4096, expected, 2 * own.bytes.length));
        },
      ),
    );
  });

  it('are gone when they are freed', () => {
    const own = createOwnBytes(10);
    own.append('some text');
    const { bytes } = own;
    own.free();
    expect(bytes.length).toBe(0);
  });
});
