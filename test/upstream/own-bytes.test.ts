import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createOwnBytes, ownCopy } from '../../src/upstream/transport/own-bytes.ts';

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
          const all = Buffer.from(own.bytes);
          const end = own.end();
          // Jest compares buffers byte by byte, and slowly.
          expect(end.equals(all)).toBe(true);
          expect(end.buffer.byteLength).toBe(all.length);
        },
      ),
    );
  });

  it('are copied out of a larger block', () => {
    const copy = ownCopy(Buffer.from('some text').subarray(5));
    expect([copy.toString(), copy.buffer.byteLength]).toEqual(['text', 4]);
  });

  it('are gone when they are freed', () => {
    const own = createOwnBytes(10);
    own.append('some text');
    const { bytes } = own;
    own.free();
    expect(bytes.length).toBe(0);
  });
});
