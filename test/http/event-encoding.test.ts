import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCompression } from '../../src/http/compression/compression.ts';
import { createEventEncoding } from '../../src/http/live/event-encoding.ts';

describe('a gzip stream of independent blocks', () => {
  const compression = createCompression();

  it('is read as its texts, whichever of them are compressed', async () => {
    const texts = fc.array(
      fc.record({
        text: fc.string({ unit: 'grapheme' }),
        times: fc.constantFrom(0, 1, 50, 9000),
        isCompressed: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (parts) => {
        const encoding = createEventEncoding();
        const chunks = [encoding.head];
        let expected = '';
        for (const { text, times, isCompressed } of parts) {
          const whole = Buffer.from(text.repeat(times));
          chunks.push(encoding.encode(whole, isCompressed ? await compression.block(whole) : null));
          expected += whole.toString();
        }
        chunks.push(encoding.end());
        expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(expected);
      }),
    );
  });
});
