/** History pages make their calls before steps do: a missing page nulls a list, missing steps only reduce a count. */
export class PagesFirst {
  /** Created on first use, because most operations read no page. */
  #pages: Set<Promise<unknown>> | undefined;

  async read<T>(page: Promise<T>): Promise<T> {
    this.#pages ??= new Set();
    this.#pages.add(page);
    try {
      return await page;
    } finally {
      this.#pages.delete(page);
    }
  }

  /** Resolves when no page is being read. */
  async areRead(): Promise<void> {
    while (this.#pages && this.#pages.size > 0) await Promise.allSettled(this.#pages);
  }
}
