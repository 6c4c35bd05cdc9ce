import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCachePartitions, type Cached, type CachePartitions } from '../../src/runs/cache-partitions.ts';

/** What is counted for an entry beside its value. */
const OVERHEAD_BYTES = 400;
/** Room for just so many values of 100 bytes. */
const roomFor = (count: number) => count * (OVERHEAD_BYTES + 100);

const cached = (value: string, sizeBytes = 100, sentAt = 0): Cached<string> => ({
  value,
  sizeBytes,
  sentAt,
  fetchedAt: sentAt + 1,
});

function put(partitions: CachePartitions<string>, viewer: string, key: string, sizeBytes = 100): void {
  partitions.put(viewer, partitions.of(viewer), key, cached(`${key} of ${viewer}`, sizeBytes));
}

const valuesOf = (partitions: CachePartitions<string>, viewer: string, keys: string) =>
  Array.from(keys)
    .filter((key) => partitions.get(viewer, key) !== undefined)
    .join('');

describe('partitions', () => {
  it("hold what was put on them, each viewer's on its own", () => {
    const partitions = createCachePartitions<string>(roomFor(9));
    put(partitions, 'ada', 'k');
    put(partitions, 'bob', 'k');
    expect(partitions.get('ada', 'k')?.value).toBe('k of ada');
    expect(partitions.get('bob', 'k')?.value).toBe('k of bob');
    expect(partitions.get('eve', 'k')).toBeUndefined();
    expect(partitions.get('ada', 'other')).toBeUndefined();
  });

  it('count the bytes of every value, and some for the entry itself', () => {
    const partitions = createCachePartitions<string>(roomFor(9));
    expect(partitions.cachedBytes).toBe(0);
    put(partitions, 'ada', 'a', 0);
    put(partitions, 'ada', 'b', 1000);
    expect(partitions.cachedBytes).toBe(2 * OVERHEAD_BYTES + 1000);
    put(partitions, 'ada', 'b', 10);
    expect(partitions.cachedBytes).toBe(2 * OVERHEAD_BYTES + 10);
    partitions.remove('ada', 'a');
    expect(partitions.cachedBytes).toBe(OVERHEAD_BYTES + 10);
    partitions.remove('ada', 'a');
    expect(partitions.cachedBytes).toBe(OVERHEAD_BYTES + 10);
  });

  it('let go of what was used longest ago, whoever it belongs to, when there is no room', () => {
    const partitions = createCachePartitions<string>(roomFor(3));
    put(partitions, 'ada', 'a');
    put(partitions, 'bob', 'b');
    put(partitions, 'ada', 'c');
    // Whatever is read counts as used.
    partitions.get('ada', 'a');
    put(partitions, 'bob', 'd');
    expect(valuesOf(partitions, 'ada', 'abcd')).toBe('ac');
    expect(valuesOf(partitions, 'bob', 'abcd')).toBe('d');
    expect(partitions.cachedBytes).toBe(roomFor(3));
    put(partitions, 'bob', 'e', 600);
    expect(partitions.cachedBytes).toBeLessThanOrEqual(roomFor(3));
    expect(valuesOf(partitions, 'bob', 'de')).toBe('de');
  });

  it('hold nothing that is larger than all their room, nor what it would have replaced', () => {
    const partitions = createCachePartitions<string>(roomFor(2));
    put(partitions, 'ada', 'a');
    put(partitions, 'ada', 'b');
    put(partitions, 'ada', 'b', roomFor(2));
    expect(valuesOf(partitions, 'ada', 'ab')).toBe('a');
    expect(partitions.cachedBytes).toBe(roomFor(1));
    expect([...partitions.of('ada').keys]).toHaveLength(1);
  });

  it('hold what fills their room to the last byte', () => {
    const partitions = createCachePartitions<string>(roomFor(2));
    put(partitions, 'ada', 'a', roomFor(2) - OVERHEAD_BYTES);
    expect(valuesOf(partitions, 'ada', 'a')).toBe('a');
  });

  it('of no bytes hold nothing at all, but remember whose right was proven', () => {
    const partitions = createCachePartitions<string>(0);
    partitions.proveRight(partitions.of('ada'), 7);
    partitions.put('ada', partitions.of('ada'), 'a', cached('a', 0, 7));
    expect(partitions.get('ada', 'a')).toBeUndefined();
    expect(partitions.cachedBytes).toBe(0);
    expect(partitions.of('ada')).toEqual({ lastSuccessAt: 7, keys: new Set() });
  });

  it('prove a right by the latest call sent, in whatever order the answers come', () => {
    const partitions = createCachePartitions<string>(roomFor(9));
    const partition = partitions.of('ada');
    expect(partition.lastSuccessAt).toBeNull();
    partitions.proveRight(partition, 20);
    partitions.proveRight(partition, 10);
    expect(partition.lastSuccessAt).toBe(20);
  });

  it('that are taken away take with them everything of that viewer, and nothing of others', () => {
    const partitions = createCachePartitions<string>(roomFor(9));
    for (const key of 'abc') put(partitions, 'ada', key);
    put(partitions, 'bob', 'a');
    partitions.drop('ada');
    expect(valuesOf(partitions, 'ada', 'abc')).toBe('');
    expect(valuesOf(partitions, 'bob', 'a')).toBe('a');
    expect(partitions.cachedBytes).toBe(roomFor(1));
    expect(partitions.of('ada')).toEqual({ lastSuccessAt: null, keys: new Set() });
  });

  it('take nothing from a call that began before they were taken away', () => {
    const partitions = createCachePartitions<string>(roomFor(9));
    const before = partitions.of('ada');
    partitions.drop('ada');
    partitions.put('ada', before, 'a', cached('late'));
    expect(partitions.get('ada', 'a')).toBeUndefined();
    const after = partitions.of('ada');
    partitions.put('ada', before, 'a', cached('late'));
    expect(partitions.get('ada', 'a')).toBeUndefined();
    expect(after.lastSuccessAt).toBeNull();
    partitions.put('ada', after, 'a', cached('new'));
    expect(partitions.get('ada', 'a')?.value).toBe('new');
  });

  it('know all that they hold, whatever is put, read, evicted, removed and taken away', () => {
    const viewers = ['ada', 'bob', 'eve'];
    const keys = ['a', 'b', 'c', 'd'];
    const action = fc.record({
      what: fc.constantFrom('put', 'put', 'put', 'get', 'remove', 'takeAway'),
      viewer: fc.constantFrom(...viewers),
      key: fc.constantFrom(...keys),
      sizeBytes: fc.constantFrom(0, 100, 700, 5000),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.constantFrom(0, roomFor(1), roomFor(4)), (actions, room) => {
        const partitions = createCachePartitions<string>(room);
        for (const { what, viewer, key, sizeBytes } of actions) {
          if (what === 'put') put(partitions, viewer, key, sizeBytes);
          else if (what === 'get') partitions.get(viewer, key);
          else if (what === 'remove') partitions.remove(viewer, key);
          else partitions.drop(viewer);

          let bytes = 0;
          for (const owner of viewers) {
            const values = keys.flatMap((name) => partitions.get(owner, name) ?? []);
            expect(values.every(({ value }) => value.endsWith(` of ${owner}`))).toBe(true);
            // Were a key forgotten, taking the partition away would leave its value behind.
            expect(partitions.of(owner).keys.size).toBe(values.length);
            bytes += values.reduce((sum, value) => sum + value.sizeBytes + OVERHEAD_BYTES, 0);
          }
          expect(partitions.cachedBytes).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(room);
        }
      }),
      { seed: 20_261_124 },
    );
  });
});
