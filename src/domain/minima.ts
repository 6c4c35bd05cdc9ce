/** An array of numbers in which the first number up to a limit is found in logarithmic time. */
export class Minima {
  readonly #leaves: number;
  /**
   * A tree of minima: its leaves, from `#leaves` on, are the numbers. The children of `at` are 2 · at and 2 · at + 1.
   */
  readonly #tree: Float64Array;

  /** Initializes all numbers to `initial`. */
  constructor(count: number, initial: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, count)));
    this.#tree = new Float64Array(2 * this.#leaves).fill(initial);
  }

  #at(index: number): number {
    return this.#tree[index] ?? Infinity;
  }

  firstUpTo(limit: number): number | null {
    if (this.#at(1) > limit) return null;
    let at = 1;
    while (at < this.#leaves) at = this.#at(2 * at) <= limit ? 2 * at : 2 * at + 1;
    return at - this.#leaves;
  }

  set(place: number, number: number): void {
    let at = place + this.#leaves;
    this.#tree[at] = number;
    for (at >>= 1; at > 0; at >>= 1) this.#tree[at] = Math.min(this.#at(2 * at), this.#at(2 * at + 1));
  }
}
