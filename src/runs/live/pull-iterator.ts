/** Async iterator built from two functions: one for the next value, one for the end. */

export interface Pull<T> {
  readonly next: () => Promise<IteratorResult<T, undefined>>;
  /** Called when the reader stops, even after the last value, and possibly more than once. */
  readonly end: () => unknown;
}

/** Buffers nothing: a value is created when the reader asks for it. */
export class PullIterator<T> implements AsyncGenerator<T, undefined, undefined> {
  readonly #pull: Pull<T>;

  constructor(pull: Pull<T>) {
    this.#pull = pull;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#pull.next();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#pull.end();
    return { done: true, value: undefined };
  }

  throw(): Promise<IteratorReturnResult<undefined>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
