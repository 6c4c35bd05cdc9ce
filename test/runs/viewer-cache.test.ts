/** Tests the module: 20,000 viewers would need minutes of HTTP, and no answer reports the size of an entry. */
import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ListEntry, type Right } from '../../src/runs/entry.ts';
import { Snapshot } from '../../src/runs/snapshot.ts';
import { ViewerCache } from '../../src/runs/viewer-cache.ts';

const MEBIBYTE = 2 ** 20;
/** Overhead of an entry, next to the bytes of its value. */
const ENTRY_BYTES = 440 + 180 + 'k'.length;

const cacheOf = (maxBytes: number): ViewerCache =>
  new ViewerCache({ maxBytes, reauthIntervalMs: 1000, now: () => 0, onDrop: () => undefined });

/** A successful call of the viewer. */
function prove(cache: ViewerCache, viewerId: string): Right {
  const right = cache.rightOf(viewerId);
  cache.begin(right);
  cache.prove(right, 0);
  cache.end(right);
  return right;
}

function entryOf(cache: ViewerCache, viewerId: string, name: string): ListEntry<string> {
  const right = cache.rightOf(viewerId);
  return cache.entryOf(right, { workflowId: 'w', name, entryOf: (each) => new ListEntry(each, 'w', name) });
}

function put(cache: ViewerCache, viewerId: string, name: string, sizeBytes = 100): ListEntry<string> {
  prove(cache, viewerId);
  const entry = entryOf(cache, viewerId, name);
  const value = `${name} of ${viewerId}`;
  cache.put(entry, entry.list, new Snapshot({ value, sizeBytes, sentAt: 0, fetchedAt: 1 }));
  return entry;
}

const get = (cache: ViewerCache, viewerId: string, name: string): string | undefined =>
  entryOf(cache, viewerId, name).list.snapshot?.value;

describe('the cache of all viewers', () => {
  it('keeps the rights of the 20,000 most recent viewers', () => {
    const cache = cacheOf(MEBIBYTE);
    for (const viewer of ['ada', 'bob']) put(cache, viewer, 'k');
    for (let other = 0; other < 19_999; other += 1) {
      prove(cache, `other ${other}`);
      if (other % 1000 === 0) get(cache, 'bob', 'k');
    }
    expect(cache.rightOf('ada').lastSuccessAt).toBeNull();
    expect(get(cache, 'bob', 'k')).toBe('k of bob');
    expect(cache.cachedBytes).toBe(ENTRY_BYTES + 100);
  });

  it('stores nothing of entries that were evicted or too large', () => {
    const cache = cacheOf(2 * (ENTRY_BYTES + 100));
    const keptBytes = () => serialize([...(cache.rightOf('ada').entries.get('w')?.keys() ?? [])]).byteLength;
    for (const name of 'ab') put(cache, 'ada', name);
    const before = keptBytes();
    for (const name of 'cdefgh') put(cache, 'ada', name);
    for (const name of 'ijklmn') put(cache, 'ada', name, 10_000);
    expect(keptBytes()).toBe(before);
  });

  it('frees entries of many dropped viewers in small steps', () => {
    const cache = cacheOf(64 * MEBIBYTE);
    for (let entry = 0; entry < 30_000; entry += 1) put(cache, 'ada', `entry ${entry}`);
    cache.drop('ada');
    expect(get(cache, 'ada', 'entry 29999')).toBeUndefined();
    expect(cache.cachedBytes).toBeGreaterThan(0);
    for (let entry = 0; entry < 200; entry += 1) put(cache, 'bob', 'k');
    expect(cache.cachedBytes).toBe(ENTRY_BYTES + 100);
  });

  it('counts every byte stored, read, evicted, reserved and dropped', () => {
    const viewers = ['ada', 'bob', 'eve'];
    const names = ['a', 'b', 'c', 'd'];
    const action = fc.record({
      does: fc.constantFrom('put', 'put', 'put', 'get', 'fail', 'drop', 'refuse', 'prove', 'reserve', 'release'),
      viewer: fc.constantFrom(...viewers),
      name: fc.constantFrom(...names),
      sizeBytes: fc.constantFrom(0, 100, 700, 5000),
    });
    const rooms = fc.constantFrom(0, 700, 2500, 12_000);
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), rooms, (actions, room) => {
        const cache = cacheOf(room);
        let reserved = 0;
        const reserve = (more: number) => {
          cache.reserve(more);
          reserved += more;
        };
        for (const { does, viewer, name, sizeBytes } of actions) {
          if (does === 'put') put(cache, viewer, name, sizeBytes);
          else if (does === 'get') get(cache, viewer, name);
          else if (does === 'drop') cache.drop(viewer);
          else if (does === 'prove') prove(cache, viewer);
          else if (does === 'refuse') cache.dropWorkflow(viewer, 'w');
          else if (does === 'release') reserve(-reserved);
          else if (does === 'reserve') reserve(sizeBytes);
          else {
            const entry = entryOf(cache, viewer, name);
            cache.put(entry, entry.list, null);
          }

          let bytes = reserved;
          for (const owner of viewers) {
            const entries = names.map((each) => entryOf(cache, owner, each)).filter(({ list }) => list.snapshot);
            expect(entries.every(({ list }) => list.snapshot?.value.endsWith(` of ${owner}`))).toBe(true);
            expect(cache.rightOf(owner).lastSuccessAt !== null || entries.length === 0).toBe(true);
            for (const entry of entries) bytes += (entry.list.snapshot?.sizeBytes ?? 0) + 620 + entry.name.length;
          }
          expect(cache.cachedBytes).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(Math.max(room, reserved));
        }
        reserve(-reserved);
        expect(cache.cachedBytes).toBeLessThanOrEqual(room);
      }),
      { seed: 20_261_124 },
    );
  });
});

it('limits watched data to a quarter, at least 4 MiB', () => {
  const sizes: readonly (readonly [number, number])[] = [
    [0, 4],
    [100, 25],
  ];
  for (const [mebibytes, limit] of sizes) {
    const cache = cacheOf(mebibytes * MEBIBYTE);
    cache.reserve(limit * MEBIBYTE);
    expect(() => {
      cache.reserve(1);
    }).toThrow(`exceed ${limit} MiB`);
    expect(cache.cachedBytes).toBe(limit * MEBIBYTE);
    cache.reserve(-limit * MEBIBYTE);
    expect(cache.cachedBytes).toBe(0);
  }
});
