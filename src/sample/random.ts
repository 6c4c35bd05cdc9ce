/** Repeatable randomness: draws depend only on the seed, so the history is the same on each start. */

export interface Random {
  /** At least 0, below 1. */
  readonly next: () => number;
  /** At least `min`, below `max`. */
  between(min: number, max: number): number;
  /** From `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** Returns true with this probability. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  uuid(): string;
}

/** All parts together are the seed: `createRandom(seed, runId, nodeId)` is a separate stream. */
export function createRandom(...seed: readonly (string | number)[]): Random {
  let state = hash(seed.join('/'));

  /** Mulberry32: 32 bits of state are enough for sample data. */
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + next() * (max - min);
  const integer = (min: number, max: number): number => Math.floor(between(min, max + 1));
  const hex = (digits: number): string =>
    integer(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, '0');

  return {
    next,
    between,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => items[integer(0, items.length - 1)] ?? items[0],
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(integer(0, 3))}${hex(3)}-${hex(6)}${hex(6)}`,
  };
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
