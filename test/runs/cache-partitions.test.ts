/** Of the module itself: 20,000 viewers would be minutes of HTTP, and what each entry counts is not told to anybody. */
import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCachePartitions, type CachePartitions } from '../../src/runs/cache-partitions.ts';

type Partitions = CachePartitions<string>;

/** A call of the viewer that succeeds. */
function prove(partitions: Partitions, viewer: string): void {
  const partition = partitions.lease(viewer);
  partitions.proveRight(partition, 0);
  partitions.release(partition);
}

function put(partitions: Partitions, viewer: string, key: string, sizeBytes = 100): void {
  prove(partitions, viewer);
  const cached = { value: `${key} of ${viewer}`, sizeBytes, sentAt: 0, fetchedAt: 1 };
  partitions.put(viewer, partitions.of(viewer), key, cached);
}

/** Of a value of 100 bytes. As measured on Node 24, an entry takes 370 bytes more, and its key. */
const ENTRY_BYTES = 400 + 100 + 'ada k'.length;

describe('the cache of all viewers', () => {
  it('knows the right of the 20,000 viewers that were used last, and evicts what is cached for another', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    for (const viewer of ['ada', 'bob']) put(partitions, viewer, 'k');
    for (let other = 0; other < 19_999; other += 1) {
      prove(partitions, `other ${other}`);
      if (other % 1000 === 0) partitions.get('bob', 'k');
    }
    expect(partitions.lastSuccessAt('ada')).toBeNull();
    expect(partitions.get('bob', 'k')?.value).toBe('k of bob');
    expect(partitions.cachedBytes).toBe(ENTRY_BYTES);
  });

  it('keeps nothing of entries that were evicted or too large', () => {
    const partitions = createCachePartitions<string>(2 * ENTRY_BYTES);
    const keptBytes = () => serialize(partitions.of('ada')).byteLength;
    for (const key of 'ab') put(partitions, 'ada', key);
    const before = keptBytes();
    for (const key of 'cdefgh') put(partitions, 'ada', key);
    for (const key of 'ijklmn') put(partitions, 'ada', key, 10_000);
    expect(keptBytes()).toBe(before);
  });

  it('counts every byte, whatever is stored, read, evicted, removed and dropped', () => {
    const viewers = ['ada', 'bob', 'eve'];
    const keys = ['a', 'b', 'c', 'd'];
    const action = fc.record({
      does: fc.constantFrom('put', 'put', 'put', 'get', 'remove', 'drop', 'prove'),
      viewer: fc.constantFrom(...viewers),
      key: fc.constantFrom(...keys),
      sizeBytes: fc.constantFrom(0, 100, 700, 5000),
    });
    const rooms = fc.constantFrom(0, ENTRY_BYTES, 3 * ENTRY_BYTES, 12 * ENTRY_BYTES);
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), rooms, (actions, room) => {
        const partitions = createCachePartitions<string>(room);
        for (const { does, viewer, key, sizeBytes } of actions) {
          if (does === 'put') put(partitions, viewer, key, sizeBytes);
          else if (does === 'get') partitions.get(viewer, key);
          else if (does === 'remove') partitions.remove(viewer, key);
          else if (does === 'drop') partitions.drop(viewer);
          else prove(partitions, viewer);

          let bytes = 0;
          for (const owner of viewers) {
            const values = keys.flatMap((name) => partitions.get(owner, name) ?? []);
            expect(values.every(({ value }) => value.endsWith(` of ${owner}`))).toBe(true);
            expect(partitions.lastSuccessAt(owner) !== null || values.length === 0).toBe(true);
            bytes += values.reduce((sum, value) => sum + value.sizeBytes + ENTRY_BYTES - 100, 0);
          }
          expect(partitions.cachedBytes).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(room);
        }
      }),
      { seed: 20_261_124 },
    );
  });
});
