/** Answers "which of the remaining intervals ended last, up to this moment?" while intervals are taken out. */
import type { Interval } from '../run/intervals.ts';

export class EarlierEnds {
  readonly #ended: readonly Interval[];
  readonly #places: ReadonlyMap<Interval, number>;
  /** Place → the nearest place at or before it that remains (after a few hops); places count from 1, and 0 is none. */
  readonly #remaining: number[];

  /** Takes intervals in order of end. */
  constructor(ended: readonly Interval[]) {
    this.#ended = ended;
    this.#places = new Map(ended.map((interval, i) => [interval, i + 1]));
    this.#remaining = Array.from({ length: ended.length + 1 }, (_, place) => place);
  }

  remove(interval: Interval): void {
    const place = this.#places.get(interval);
    if (place !== undefined) this.#remaining[place] = place - 1;
  }

  /** The remaining interval with the latest end ≤ `limit`, the last of those that tie; null if there is none. */
  latest(limit: number): Interval | null {
    let low = 0;
    let high = this.#ended.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ended[middle]?.end ?? Infinity) <= limit) low = middle + 1;
      else high = middle;
    }
    return this.#ended[this.#remainingAt(low) - 1] ?? null;
  }

  /** Shortens the way for the next question as it goes, as union–find does. */
  #remainingAt(place: number): number {
    const next = (from: number): number => this.#remaining[from] ?? 0;
    let at = place;
    while (next(at) !== at) {
      const skipped = next(next(at));
      this.#remaining[at] = skipped;
      at = skipped;
    }
    return at;
  }
}
