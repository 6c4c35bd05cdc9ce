/**
 * Tests the module: properties of the cryptography for every identity, name and value. What a reader or a writer of
 * Valkey gets: shared-tier.test.ts.
 */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { createKeyring } from '../../src/fleet/fleet-keys.ts';

const MAX_BYTES = 2 ** 20;
const SECRET = 'one secret of 32 bytes or even more';
const OTHER_SECRET = 'another secret of 32 bytes and more';
const keys = createKeyring([SECRET]);
const otherKeys = createKeyring([OTHER_SECRET]);
const named = (name: string, by = keys) => by.names('value', name)[0];

const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array));
const word = fc.string({ maxLength: 50 });

it('opens a sealed value only unchanged, for its identity, name and secret', async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([word, word, bytes, word, fc.nat(), fc.integer({ min: 1, max: 255 })] as const),
      async (identity, name, value, other, at, by) => {
        const sealed = await named(name).seal(identity, value);
        const open = (as: string, under: string, stored: Buffer) => named(under).open(as, stored, MAX_BYTES);
        expect(await open(identity, name, sealed)).toEqual(value);
        if (other !== identity) expect(await open(other, name, sealed)).toBeNull();
        if (other !== name) expect(await open(identity, other, sealed)).toBeNull();
        expect(await named(name, otherKeys).open(identity, sealed, MAX_BYTES)).toBeNull();
        const index = at % sealed.length;
        const changed = Buffer.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ by;
        expect(await open(identity, name, changed)).toBeNull();
        expect(await open(identity, name, sealed.subarray(0, index))).toBeNull();
      },
    ),
  );
});

it('seals differently each time, compresses, and opens to a bounded size', async () => {
  const value = Buffer.alloc(100_000);
  const [one, two] = [await named('name').seal('key', value), await named('name').seal('key', value)];
  expect(one.equals(two)).toBe(false);
  expect(one.length).toBeLessThan(value.length / 10);
  expect(await named('name').open('key', one, value.length - 1)).toBeNull();
  expect(await named('name').open('key', one, value.length)).toEqual(value);
});

it('derives names that reveal no part, and differ for other inputs', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (parts, others) => {
      const name = keys.names('value', ...parts)[0].text;
      expect(name).toMatch(new RegExp(`^${PREFIX}:value:[\\w-]{43}$`));
      expect(keys.names('value', ...others)[0].text === name).toBe(JSON.stringify(parts) === JSON.stringify(others));
      expect(keys.names('lease', ...parts)[0].text.slice(-43)).not.toBe(name.slice(-43));
      expect(otherKeys.names('value', ...parts)[0].text).not.toBe(name);
      expect(name).not.toContain(keys.viewerId(parts[0] ?? ''));
    }),
  );
  expect(keys.viewerId('key')).not.toBe(otherKeys.viewerId('key'));
});

it('derives two ids and names from two secrets, the first secret first', () => {
  const both = createKeyring([SECRET, OTHER_SECRET]);
  expect(both.viewerId('key')).toBe(keys.viewerId('key'));
  expect(both.viewerIds('key')).toEqual([keys.viewerId('key'), otherKeys.viewerId('key')]);
  const texts = both.names('value', 'part').map(({ text }) => text);
  expect(texts).toEqual([named('part').text, named('part', otherKeys).text]);
});
