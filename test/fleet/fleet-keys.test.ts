import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFleetKeys } from '../../src/fleet/fleet-keys.ts';

const MAX_BYTES = 2 ** 20;
const keys = createFleetKeys('one secret of 32 bytes or even more');
const otherKeys = createFleetKeys('another secret of 32 bytes and more');

const bytes = () => fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array));
const sealing = () => fc.tuple(fc.string({ maxLength: 50 }), fc.string({ maxLength: 50 }), bytes());

describe('a sealed value', () => {
  it('opens to what was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(sealing(), async ([identity, name, value]) => {
        const sealed = await keys.seal(identity, name, value);
        expect(await keys.open(identity, name, sealed, MAX_BYTES)).toEqual(value);
      }),
    );
  });

  it('opens for no other identity, name or secret', async () => {
    await fc.assert(
      fc.asyncProperty(sealing(), fc.string(), async ([identity, name, value], other) => {
        const sealed = await keys.seal(identity, name, value);
        if (other !== identity) expect(await keys.open(other, name, sealed, MAX_BYTES)).toBeNull();
        if (other !== name) expect(await keys.open(identity, other, sealed, MAX_BYTES)).toBeNull();
        expect(await otherKeys.open(identity, name, sealed, MAX_BYTES)).toBeNull();
      }),
    );
  });

  it('does not open if anything of it was changed, or cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        sealing(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async ([identity, name, value], at, by) => {
          const sealed = await keys.seal(identity, name, value);
          const changed = Buffer.from(sealed);
          const index = at % sealed.length;
          changed[index] = (changed[index] ?? 0) ^ by;
          expect(await keys.open(identity, name, changed, MAX_BYTES)).toBeNull();
          expect(await keys.open(identity, name, sealed.subarray(0, index), MAX_BYTES)).toBeNull();
        },
      ),
    );
  });

  it('differs each time, and is no larger than its text by much', async () => {
    const value = Buffer.from('[{"status":"completed"}]'.repeat(1000));
    const [one, two] = [await keys.seal('key', 'name', value), await keys.seal('key', 'name', value)];
    expect(one.equals(two)).toBe(false);
    expect(one.length).toBeLessThan(value.length / 10);
  });

  it('does not open where it has more bytes than are allowed: a small text may unfold to a large one', async () => {
    const sealed = await keys.seal('key', 'name', Buffer.alloc(100_000));
    expect(await keys.open('key', 'name', sealed, 99_999)).toBeNull();
    expect(await keys.open('key', 'name', sealed, 100_000)).toHaveLength(100_000);
  });
});

describe('a name', () => {
  it('shows nothing of its parts, and is another for other parts, another purpose or another secret', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (parts, others) => {
        const name = keys.name('value', ...parts);
        expect(name).toMatch(/^stepgate:value:[\w-]{43}$/);
        expect(keys.name('value', ...others) === name).toBe(JSON.stringify(parts) === JSON.stringify(others));
        expect(keys.name('lease', ...parts).slice(-43)).not.toBe(name.slice(-43));
        expect(otherKeys.name('value', ...parts)).not.toBe(name);
      }),
    );
  });

  it('is no id of a viewer', () => {
    expect(keys.viewerId('key')).toMatch(/^[\w-]{43}$/);
    expect(keys.name('value', 'key')).not.toContain(keys.viewerId('key'));
    expect(otherKeys.viewerId('key')).not.toBe(keys.viewerId('key'));
  });
});
