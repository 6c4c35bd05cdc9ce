/** The doorkeeper of the response cache: admits a request that was seen before, in a fixed amount of memory. */
import { crc32 } from 'node:zlib';

export interface Doorkeeper {
  /** True if the key was seen before. Sometimes wrong: two keys may share a slot. */
  admits(key: string): boolean;
}

const SLOTS = 2 ** 14;

export function createDoorkeeper(): Doorkeeper {
  const hashes = new Uint32Array(SLOTS);
  return {
    admits(key) {
      const hash = crc32(key);
      const slot = hash % SLOTS;
      const isKnown = hashes[slot] === hash;
      hashes[slot] = hash;
      return isKnown;
    },
  };
}
