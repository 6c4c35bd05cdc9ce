/** A priority queue of numbers, smallest first. */
export class MinHeap {
  readonly #items: number[] = [];

  push(value: number): void {
    let i = this.#items.push(value) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#at(parent) <= value) break;
      this.#items[i] = this.#at(parent);
      i = parent;
    }
    this.#items[i] = value;
  }

  /** Undefined when empty. */
  pop(): number | undefined {
    const smallest = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return smallest;
  }

  #sink(value: number): void {
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(child) >= value) break;
      this.#items[i] = this.#at(child);
      i = child;
    }
    this.#items[i] = value;
  }

  #at(i: number): number {
    return this.#items[i] ?? Infinity;
  }
}
