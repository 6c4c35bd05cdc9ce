import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createShelves, type Held, type Shelves } from '../../src/runs/shelves.ts';

/** What is counted for an entry beside its value. */
const OVERHEAD_BYTES = 400;
/** Room for just so many values of 100 bytes. */
const roomFor = (count: number) => count * (OVERHEAD_BYTES + 100);

const held = (value: string, sizeBytes = 100, sentAt = 0): Held<string> => ({
  value,
  sizeBytes,
  sentAt,
  fetchedAt: sentAt + 1,
});

function put(shelves: Shelves<string>, viewer: string, key: string, sizeBytes = 100): void {
  shelves.put(viewer, shelves.of(viewer), key, held(`${key} of ${viewer}`, sizeBytes));
}

const valuesOf = (shelves: Shelves<string>, viewer: string, keys: string) =>
  Array.from(keys)
    .filter((key) => shelves.get(viewer, key) !== undefined)
    .join('');

describe('shelves', () => {
  it("hold what was put on them, each viewer's on its own", () => {
    const shelves = createShelves<string>(roomFor(9));
    put(shelves, 'ada', 'k');
    put(shelves, 'bob', 'k');
    expect(shelves.get('ada', 'k')?.value).toBe('k of ada');
    expect(shelves.get('bob', 'k')?.value).toBe('k of bob');
    expect(shelves.get('eve', 'k')).toBeUndefined();
    expect(shelves.get('ada', 'other')).toBeUndefined();
  });

  it('count the bytes of every value, and some for the entry itself', () => {
    const shelves = createShelves<string>(roomFor(9));
    expect(shelves.heldBytes).toBe(0);
    put(shelves, 'ada', 'a', 0);
    put(shelves, 'ada', 'b', 1000);
    expect(shelves.heldBytes).toBe(2 * OVERHEAD_BYTES + 1000);
    put(shelves, 'ada', 'b', 10);
    expect(shelves.heldBytes).toBe(2 * OVERHEAD_BYTES + 10);
    shelves.remove('ada', 'a');
    expect(shelves.heldBytes).toBe(OVERHEAD_BYTES + 10);
    shelves.remove('ada', 'a');
    expect(shelves.heldBytes).toBe(OVERHEAD_BYTES + 10);
  });

  it('let go of what was used longest ago, whoever it belongs to, when there is no room', () => {
    const shelves = createShelves<string>(roomFor(3));
    put(shelves, 'ada', 'a');
    put(shelves, 'bob', 'b');
    put(shelves, 'ada', 'c');
    // Whatever is read counts as used.
    shelves.get('ada', 'a');
    put(shelves, 'bob', 'd');
    expect(valuesOf(shelves, 'ada', 'abcd')).toBe('ac');
    expect(valuesOf(shelves, 'bob', 'abcd')).toBe('d');
    expect(shelves.heldBytes).toBe(roomFor(3));
    put(shelves, 'bob', 'e', 600);
    expect(shelves.heldBytes).toBeLessThanOrEqual(roomFor(3));
    expect(valuesOf(shelves, 'bob', 'de')).toBe('de');
  });

  it('hold nothing that is larger than all their room, nor what it would have replaced', () => {
    const shelves = createShelves<string>(roomFor(2));
    put(shelves, 'ada', 'a');
    put(shelves, 'ada', 'b');
    put(shelves, 'ada', 'b', roomFor(2));
    expect(valuesOf(shelves, 'ada', 'ab')).toBe('a');
    expect(shelves.heldBytes).toBe(roomFor(1));
    expect([...shelves.of('ada').keys]).toHaveLength(1);
  });

  it('hold what fills their room to the last byte', () => {
    const shelves = createShelves<string>(roomFor(2));
    put(shelves, 'ada', 'a', roomFor(2) - OVERHEAD_BYTES);
    expect(valuesOf(shelves, 'ada', 'a')).toBe('a');
  });

  it('of no bytes hold nothing at all, but remember whose right was proven', () => {
    const shelves = createShelves<string>(0);
    shelves.proveRight(shelves.of('ada'), 7);
    shelves.put('ada', shelves.of('ada'), 'a', held('a', 0, 7));
    expect(shelves.get('ada', 'a')).toBeUndefined();
    expect(shelves.heldBytes).toBe(0);
    expect(shelves.of('ada')).toEqual({ lastSuccessAt: 7, keys: new Set() });
  });

  it('prove a right by the latest call sent, in whatever order the answers come', () => {
    const shelves = createShelves<string>(roomFor(9));
    const shelf = shelves.of('ada');
    expect(shelf.lastSuccessAt).toBeNull();
    shelves.proveRight(shelf, 20);
    shelves.proveRight(shelf, 10);
    expect(shelf.lastSuccessAt).toBe(20);
  });

  it('that are taken away take with them everything of that viewer, and nothing of others', () => {
    const shelves = createShelves<string>(roomFor(9));
    for (const key of 'abc') put(shelves, 'ada', key);
    put(shelves, 'bob', 'a');
    shelves.takeAway('ada');
    expect(valuesOf(shelves, 'ada', 'abc')).toBe('');
    expect(valuesOf(shelves, 'bob', 'a')).toBe('a');
    expect(shelves.heldBytes).toBe(roomFor(1));
    expect(shelves.of('ada')).toEqual({ lastSuccessAt: null, keys: new Set() });
  });

  it('take nothing from a call that began before they were taken away', () => {
    const shelves = createShelves<string>(roomFor(9));
    const before = shelves.of('ada');
    shelves.takeAway('ada');
    shelves.put('ada', before, 'a', held('late'));
    expect(shelves.get('ada', 'a')).toBeUndefined();
    const after = shelves.of('ada');
    shelves.put('ada', before, 'a', held('late'));
    expect(shelves.get('ada', 'a')).toBeUndefined();
    expect(after.lastSuccessAt).toBeNull();
    shelves.put('ada', after, 'a', held('new'));
    expect(shelves.get('ada', 'a')?.value).toBe('new');
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
        const shelves = createShelves<string>(room);
        for (const { what, viewer, key, sizeBytes } of actions) {
          if (what === 'put') put(shelves, viewer, key, sizeBytes);
          else if (what === 'get') shelves.get(viewer, key);
          else if (what === 'remove') shelves.remove(viewer, key);
          else shelves.takeAway(viewer);

          let bytes = 0;
          for (const owner of viewers) {
            const values = keys.flatMap((name) => shelves.get(owner, name) ?? []);
            expect(values.every(({ value }) => value.endsWith(` of ${owner}`))).toBe(true);
            // Were a key forgotten, taking the shelf away would leave its value behind.
            expect(shelves.of(owner).keys.size).toBe(values.length);
            bytes += values.reduce((sum, value) => sum + value.sizeBytes + OVERHEAD_BYTES, 0);
          }
          expect(shelves.heldBytes).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(room);
        }
      }),
      { seed: 20_261_124 },
    );
  });
});
