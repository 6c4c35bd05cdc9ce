/** Whether a text was seen before, roughly: in a fixed amount of memory, and without holding any text. */

export interface Sightings {
  /** Notes it, and answers whether it was noted before. Wrong at times, either way: another text may have its place. */
  note(text: string): boolean;
}

const SLOTS = 2 ** 14;

export function createSightings(): Sightings {
  const hashes = new Uint32Array(SLOTS);
  return {
    note(text) {
      const hash = hashOf(text);
      const slot = hash % SLOTS;
      const isKnown = hashes[slot] === hash;
      hashes[slot] = hash;
      return isKnown;
    },
  };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, but by four characters at a time: a cryptographic hash takes longer than all else that is done for a request here. */
function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  let i = 0;
  for (const whole = text.length - 3; i < whole; i += 4) {
    const four =
      text.charCodeAt(i) ^
      (text.charCodeAt(i + 1) << 8) ^
      (text.charCodeAt(i + 2) << 16) ^
      (text.charCodeAt(i + 3) << 24);
    hash = Math.imul(hash ^ four, FNV_PRIME);
    // What is far up would else never come down to where the slot is told.
    hash ^= hash >>> 15;
  }
  for (; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}
