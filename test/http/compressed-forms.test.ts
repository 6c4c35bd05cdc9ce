import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUFFER_BYTES, createCompressedForms, ownBytes } from '../../src/http/compression/compressed-forms.ts';
import { createCompression } from '../../src/http/compression/compression.ts';

describe('the compressed forms of a body', () => {
  it('are kept once they are made, and count from then on', async () => {
    let kept = 0;
    const forms = createCompressedForms(() => {
      kept += 1;
    });
    const small = Buffer.from('small');
    expect(forms.find('gzip')).toBeUndefined();
    expect(forms.add('gzip', small)).toBe(small);
    expect(forms.find('gzip')).toEqual(small);
    expect([forms.sizeBytes, kept]).toEqual([small.length + BUFFER_BYTES, 1]);

    const large = Promise.withResolvers<Buffer | null>();
    expect(forms.add('br', large.promise)).toBe(large.promise);
    expect(forms.find('br')).toBe(large.promise);
    expect(kept).toBe(1);
    large.resolve(Buffer.from('large'));
    await large.promise;
    expect(forms.find('br')).toEqual(Buffer.from('large'));
    expect([forms.sizeBytes, kept]).toEqual([2 * small.length + 2 * BUFFER_BYTES, 2]);
  });

  it('are made again where one could not be', async () => {
    const forms = createCompressedForms();
    const none = Promise.resolve(null);
    void forms.add('gzip', none);
    await none;
    expect([forms.find('gzip'), forms.sizeBytes]).toEqual([undefined, 0]);
  });

  it('keep no memory beside their own', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(1), (length, at) => {
        const bytes = Buffer.alloc(100_000 + at, 'x').subarray(at, at + length);
        const own = ownBytes(bytes);
        expect(own.equals(bytes)).toBe(true);
        expect(own.buffer.byteLength).toBeLessThanOrEqual(2 * length);
        // What fills its memory is not copied.
        if (length > 50_001) expect(own).toBe(bytes);
      }),
    );
  });
});

describe('compression', () => {
  const compression = createCompression();
  const accepting = (encodings: string) =>
    Object.assign(new IncomingMessage(new Socket()), { headers: { 'accept-encoding': encodings } });

  it.each([
    ['gzip, br', 1023, null],
    ['gzip, br', 1024, 'gzip'],
    ['gzip, br', 8192, 'gzip'],
    ['gzip, br', 8194, 'br'],
    ['gzip', 8194, 'gzip'],
    ['br', 1024, 'br'],
    ['br', 1023, null],
    ['gzip, identity;q=0', 1, 'gzip'],
    ['identity', 8194, null],
  ] as const)('is for %j, of a body of %d bytes, %s', (encodings, length, encoding) => {
    const body = 'é'.repeat(length / 2) + 'x'.repeat(length % 2);
    expect(compression.encodingOf(accepting(encodings), body)).toBe(encoding);
    expect(compression.encodingOf(accepting(encodings), Buffer.from(body))).toBe(encoding);
  });

  const decoders = { gzip: gunzipSync, br: brotliDecompressSync } as const;
  const bodies = fc
    .tuple(fc.string({ minLength: 1 }), fc.constantFrom(8192, 8193, 30_000))
    .map(([text, length]) => Buffer.alloc(length, text));

  it('gives the body back, at once up to 8 KiB and else aside', async () => {
    const encodings = fc.constantFrom('gzip' as const, 'br' as const);
    await fc.assert(
      fc.asyncProperty(bodies, encodings, async (body, encoding) => {
        for (const form of [body, body.toString()]) {
          const made = compression.compress(form, encoding);
          expect(Buffer.isBuffer(made)).toBe(body.length <= 8192);
          expect(decoders[encoding]((await made) ?? '').equals(body)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('counts bytes of a text, and not its characters', async () => {
    const body = 'é'.repeat(4097);
    const made = compression.compress(body, 'gzip');
    expect(Buffer.isBuffer(made)).toBe(false);
    expect(gunzipSync((await made) ?? '').toString()).toBe(body);
  });

  it('is done once where its forms are kept', async () => {
    for (const length of [2000, 20_000]) {
      const forms = createCompressedForms();
      const body = 'x'.repeat(length);
      const first = await compression.compress(body, 'gzip', forms);
      expect(await compression.compress(body, 'gzip', forms)).toEqual(first);
      expect(forms.sizeBytes).toBe((first?.length ?? 0) + BUFFER_BYTES);
      expect(gunzipSync(first ?? '').toString()).toBe(body);
    }
  });

  it('of blocks makes parts of a stream that go on from anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, bodies, async (one, other) => {
        const [first = null, second = null] = await Promise.all(
          [one, other].map(async (each) => compression.block(each)),
        );
        const inflated = (...parts: readonly (Buffer | null)[]) =>
          inflateRawSync(Buffer.concat(parts.filter((part) => part !== null)), {
            finishFlush: constants.Z_SYNC_FLUSH,
          });
        expect(inflated(first, second).equals(Buffer.concat([one, other]))).toBe(true);
        expect(inflated(second, first).equals(Buffer.concat([other, one]))).toBe(true);
        for (const each of [first, second])
          expect(each?.buffer.byteLength).toBeLessThanOrEqual(2 * (each?.length ?? 0));
      }),
      { numRuns: 30 },
    );
  });

  it('sends an answer as it is while too many wait, and no longer', async () => {
    const body = Buffer.alloc(8193);
    const bounded = createCompression(3 * body.length);
    const made = await Promise.all(Array.from({ length: 5 }, async () => bounded.compress(body, 'gzip')));
    expect(made.filter((bytes) => bytes === null)).toHaveLength(2);
    expect(await bounded.compress(body, 'gzip')).not.toBeNull();
  });
});
