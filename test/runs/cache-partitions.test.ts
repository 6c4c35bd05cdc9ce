import { setImmediate as nextTurn } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCachePartitions, type Cached, type CachePartitions } from '../../src/runs/cache-partitions.ts';

type Partitions = CachePartitions<string>;

const cached = (value: string, sizeBytes = 100): Cached<string> => ({ value, sizeBytes, sentAt: 0, fetchedAt: 1 });

/** A call of the viewer that succeeds. */
function prove(partitions: Partitions, viewer: string, sentAt = 0): void {
  const partition = partitions.lease(viewer);
  partitions.proveRight(partition, sentAt);
  partitions.release(partition);
}

function put(partitions: Partitions, viewer: string, key: string, sizeBytes = 100): void {
  prove(partitions, viewer);
  partitions.put(viewer, partitions.of(viewer), key, cached(`${key} of ${viewer}`, sizeBytes));
}

const keysOf = (partitions: Partitions, viewer: string, keys: string) =>
  Array.from(keys)
    .filter((key) => partitions.get(viewer, key) !== undefined)
    .join('');

/** The bytes that one action adds to an empty cache. */
function bytesOf(action: (partitions: Partitions) => void): number {
  const partitions = createCachePartitions<string>(1_000_000);
  action(partitions);
  return partitions.cachedBytes;
}
const ENTRY_BYTES = bytesOf((partitions) => {
  put(partitions, 'ada', 'k');
});
/** Room for so many entries of 100 bytes. */
const roomFor = (entries: number) => entries * ENTRY_BYTES;

describe('cache partitions', () => {
  it('keep the entries of each viewer apart', () => {
    const partitions = createCachePartitions<string>(roomFor(2));
    put(partitions, 'ada', 'k');
    put(partitions, 'bob', 'k');
    expect(partitions.get('ada', 'k')?.value).toBe('k of ada');
    expect(partitions.get('bob', 'k')?.value).toBe('k of bob');
    expect(partitions.get('eve', 'k')).toBeUndefined();
    expect(partitions.get('ada', 'other')).toBeUndefined();
  });

  it('find an entry by its place, with the partition that tells of the right to it', () => {
    const partitions = createCachePartitions<string>(roomFor(1));
    prove(partitions, 'ada', 7);
    put(partitions, 'ada', 'k');
    const found = partitions.find(partitions.placeOf('ada', 'k'));
    expect(found?.cached.value).toBe('k of ada');
    expect(found?.partition.lastSuccessAt).toBe(7);
    expect(partitions.find('ada')).toBeUndefined();
  });

  it('count values, keys and entries', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    expect(partitions.cachedBytes).toBe(0);
    put(partitions, 'ada', 'k', 1000);
    expect(partitions.cachedBytes).toBe(ENTRY_BYTES + 900);
    put(partitions, 'ada', 'k', 10);
    expect(partitions.cachedBytes).toBe(ENTRY_BYTES - 90);
    partitions.remove('ada', 'k');
    expect(partitions.cachedBytes).toBe(0);
    put(partitions, 'ada', 'k'.repeat(1000));
    expect(partitions.cachedBytes).toBe(ENTRY_BYTES + 999);
  });

  it('evict the least recently used entry, whichever viewer it belongs to', () => {
    const partitions = createCachePartitions<string>(roomFor(3));
    put(partitions, 'ada', 'a');
    put(partitions, 'bob', 'b');
    put(partitions, 'ada', 'c');
    // Reading is using.
    partitions.get('ada', 'a');
    put(partitions, 'bob', 'd');
    expect(keysOf(partitions, 'ada', 'abcd')).toBe('ac');
    expect(keysOf(partitions, 'bob', 'abcd')).toBe('d');
    expect(partitions.cachedBytes).toBe(roomFor(3));
  });

  it('evict all entries of a viewer with it: of 20,000 the one that was used least recently', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    for (const viewer of ['ada', 'bob']) put(partitions, viewer, 'k');
    for (let other = 0; other < 19_999; other += 1) {
      prove(partitions, `other ${other}`);
      if (other % 1000 === 0) partitions.get('bob', 'k');
    }
    expect(partitions.lastSuccessAt('ada')).toBeNull();
    expect(partitions.get('bob', 'k')?.value).toBe('k of bob');
    expect(partitions.cachedBytes).toBe(roomFor(1));
  });

  it('store no entry for which there is no room, and drop the one that it would replace', () => {
    const partitions = createCachePartitions<string>(roomFor(2));
    put(partitions, 'ada', 'a');
    put(partitions, 'ada', 'b');
    put(partitions, 'ada', 'b', 101 + 2 * ENTRY_BYTES);
    expect(keysOf(partitions, 'ada', 'ab')).toBe('a');
    expect(partitions.cachedBytes).toBe(roomFor(1));
    expect(partitions.lastSuccessAt('ada')).toBe(0);
  });

  it('keep nothing of entries that were evicted or too large', () => {
    const partitions = createCachePartitions<string>(roomFor(2));
    const heldBytes = () => serialize(partitions.of('ada')).byteLength;
    for (const key of 'ab') put(partitions, 'ada', key);
    const before = heldBytes();
    for (const key of 'cdefgh') put(partitions, 'ada', key);
    for (const key of 'ijklmn') put(partitions, 'ada', key, 10_000);
    expect(heldBytes()).toBe(before);
  });

  it('of no bytes cache nothing but the right of viewers', () => {
    const partitions = createCachePartitions<string>(0);
    put(partitions, 'ada', 'a', 0);
    expect(partitions.get('ada', 'a')).toBeUndefined();
    expect(partitions.lastSuccessAt('ada')).toBe(0);
    expect(partitions.cachedBytes).toBe(0);
  });
});

describe('the right of a viewer', () => {
  it('is proven by the latest call sent, in whatever order the answers come', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    expect(partitions.lastSuccessAt('ada')).toBeNull();
    prove(partitions, 'ada', 20);
    prove(partitions, 'ada', 10);
    expect(partitions.lastSuccessAt('ada')).toBe(20);
  });

  it('tells which call has proven it first since it was dropped', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    const firstAfter = (sentAt: number) => {
      prove(partitions, 'ada', sentAt);
      return partitions.of('ada').firstSuccessAt;
    };
    expect([20, 10, 30].map(firstAfter)).toEqual([20, 10, 10]);
    partitions.drop('ada');
    expect([40, 50].map(firstAfter)).toEqual([40, 40]);
  });

  it('is the condition for keeping anything', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    for (let made = 0; made < 1000; made += 1) {
      const viewer = `made up ${made}`;
      const partition = partitions.lease(viewer);
      partitions.put(viewer, partition, 'k', cached('k'));
      partitions.put(viewer, partitions.of(viewer), 'k', cached('k'));
      expect(partitions.get(viewer, 'k')).toBeUndefined();
      partitions.release(partition);
      // Released without a success, the partition is forgotten: the next one is another.
      expect(partitions.of(viewer)).not.toBe(partition);
    }
    expect(partitions.cachedBytes).toBe(0);
  });

  it('counts for all calls under way, whichever of them succeeds', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    const [first, second] = [partitions.lease('ada'), partitions.lease('ada')];
    partitions.proveRight(second, 5);
    partitions.release(second);
    partitions.put('ada', first, 'k', cached('k'));
    partitions.release(first);
    expect(partitions.get('ada', 'k')?.value).toBe('k');
    expect(partitions.lastSuccessAt('ada')).toBe(5);
  });

  it('is proven by one of several calls, though another has ended before', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    const [first, second] = [partitions.lease('ada'), partitions.lease('ada')];
    partitions.release(first);
    partitions.proveRight(second, 5);
    expect(partitions.lastSuccessAt('ada')).toBe(5);
  });

  it('is not proven by a call whose partition was dropped, and no call is under way any more', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    const partition = partitions.lease('ada');
    partitions.drop('ada');
    partitions.proveRight(partition, 5);
    expect(partitions.lastSuccessAt('ada')).toBeNull();
  });

  it('is gone after a drop, with all entries of the viewer and none of others', () => {
    const partitions = createCachePartitions<string>(1_000_000);
    for (const key of 'abc') put(partitions, 'ada', key);
    put(partitions, 'bob', 'a');
    partitions.drop('ada');
    expect(keysOf(partitions, 'ada', 'abc')).toBe('');
    expect(partitions.lastSuccessAt('ada')).toBeNull();
    expect(keysOf(partitions, 'bob', 'a')).toBe('a');
    expect(partitions.cachedBytes).toBe(roomFor(1));
  });

  it('is gone at once, whatever it holds: the memory of many entries is freed in pieces', async () => {
    const partitions = createCachePartitions<string>(2 ** 27);
    for (let index = 0; index < 50_000; index += 1) put(partitions, 'ada', `key ${index}`);
    partitions.drop('ada');
    put(partitions, 'ada', 'key 49999', 200);
    expect(partitions.get('ada', 'key 49998')).toBeUndefined();
    await nextTurn();
    expect(partitions.cachedBytes).toBeGreaterThan(2 * ENTRY_BYTES);
    while (partitions.cachedBytes > 2 * ENTRY_BYTES) await nextTurn();
    expect(partitions.get('ada', 'key 49999')?.sizeBytes).toBe(200);
  });

  it.each(['a known', 'an unknown'])('of %s viewer is not proven by a call that began before a drop', (which) => {
    const partitions = createCachePartitions<string>(1_000_000);
    if (which === 'a known') prove(partitions, 'ada');
    const before = partitions.lease('ada');
    partitions.drop('ada');
    const after = partitions.lease('ada');
    partitions.proveRight(before, 1);
    partitions.put('ada', before, 'k', cached('late'));
    partitions.release(before);
    expect(partitions.lastSuccessAt('ada')).toBeNull();
    expect(partitions.get('ada', 'k')).toBeUndefined();
    partitions.proveRight(after, 2);
    partitions.put('ada', before, 'k', cached('late'));
    expect(partitions.get('ada', 'k')).toBeUndefined();
    partitions.put('ada', after, 'k', cached('new'));
    expect(partitions.get('ada', 'k')?.value).toBe('new');
  });
});

it('cache partitions account for every byte, whatever is stored, read, evicted, removed and dropped', () => {
  const viewers = ['ada', 'bob', 'eve'];
  const keys = ['a', 'b', 'c', 'd'];
  const action = fc.record({
    what: fc.constantFrom('put', 'put', 'put', 'get', 'remove', 'drop', 'prove', 'lease', 'release'),
    viewer: fc.constantFrom(...viewers),
    key: fc.constantFrom(...keys),
    sizeBytes: fc.constantFrom(0, 100, 700, 5000),
  });
  const rooms = fc.constantFrom(0, roomFor(1), roomFor(3), roomFor(12));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), rooms, (actions, room) => {
      const partitions = createCachePartitions<string>(room);
      const leased: ReturnType<Partitions['lease']>[] = [];
      for (const { what, viewer, key, sizeBytes } of actions) {
        if (what === 'put') put(partitions, viewer, key, sizeBytes);
        else if (what === 'get') partitions.get(viewer, key);
        else if (what === 'remove') partitions.remove(viewer, key);
        else if (what === 'drop') partitions.drop(viewer);
        else if (what === 'prove') prove(partitions, viewer);
        else if (what === 'lease') leased.push(partitions.lease(viewer));
        else for (const partition of leased.splice(0, 1)) partitions.release(partition);

        let bytes = 0;
        for (const owner of viewers) {
          const values = keys.flatMap((name) => partitions.get(owner, name) ?? []);
          expect(values.every(({ value }) => value.endsWith(` of ${owner}`))).toBe(true);
          const isCached = partitions.lastSuccessAt(owner) !== null;
          // No entry outlives its viewer.
          expect(isCached || values.length === 0).toBe(true);
          bytes += values.reduce((sum, value) => sum + value.sizeBytes + ENTRY_BYTES - 100, 0);
        }
        expect(partitions.cachedBytes).toBe(bytes);
        expect(bytes).toBeLessThanOrEqual(room);
      }
    }),
    { seed: 20_261_124 },
  );
});
