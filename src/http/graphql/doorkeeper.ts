/** The doorkeeper of the response cache: admits a request that was seen before. It takes a fixed amount of memory. */

export interface Doorkeeper {
  /** True if the key was seen before. Sometimes wrong: two keys may share a slot. */
  admits(key: string): boolean;
}

const SLOTS = 2 ** 14;

export function createDoorkeeper(): Doorkeeper {
  const hashes = new Uint32Array(SLOTS);
  return {
    admits(key) {
      const hash = hashOf(key);
      const slot = hash % SLOTS;
      const isKnown = hashes[slot] === hash;
      hashes[slot] = hash;
      return isKnown;
    },
  };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over UTF-16 code units. */
function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}
