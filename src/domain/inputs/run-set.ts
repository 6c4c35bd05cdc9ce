/** Sets of runs by position, as bits: 1000 runs take 32 numbers. */

export type RunSet = Uint32Array;

const BITS = 32;

export const emptySet = (count: number): RunSet => new Uint32Array(Math.ceil(count / BITS));

export function addTo(set: RunSet, at: number): void {
  set[at >>> 5] = (set[at >>> 5] ?? 0) | (1 << (at & 31));
}

export const has = (set: RunSet, at: number): boolean => (((set[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1;

export const without = (set: RunSet, others: RunSet): RunSet => set.map((word, at) => word & ~(others[at] ?? 0));

export const both = (one: RunSet, other: RunSet): RunSet => one.map((word, at) => word & (other[at] ?? 0));

/** Number of runs in both sets. */
export function countBoth(one: RunSet, other: RunSet): number {
  let count = 0;
  for (let at = 0; at < one.length; at += 1) count += bitsIn((one[at] ?? 0) & (other[at] ?? 0));
  return count;
}

/** Short key, equal for equal sets. */
export const keyOf = (set: RunSet): string =>
  String.fromCharCode(...new Uint16Array(set.buffer, set.byteOffset, set.length * 2));

function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
