/** Of the module itself: no client can see how many answers wait to be compressed, and clients that leave do not end that work. */
import { gunzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { createCompression } from '../../src/http/compression/compression.ts';

it('the queue of answers to compress is bounded: beyond it an answer is sent as it is', async () => {
  const body = Buffer.alloc(8193);
  const compression = createCompression(5 * body.length);
  const made = await Promise.all(Array.from({ length: 8 }, async () => compression.compress(body, 'gzip')));
  expect(made.filter((bytes) => bytes === null)).toHaveLength(3);
  for (const bytes of made) if (bytes) expect(gunzipSync(bytes)).toEqual(body);
  // And it recovers.
  expect(await compression.compress(body, 'gzip')).not.toBeNull();
});
