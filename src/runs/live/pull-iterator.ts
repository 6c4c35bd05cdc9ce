/** An async iterator made of two functions: one for the next value, one for the end. */

export interface Pull<T> {
  readonly next: () => Promise<IteratorResult<T, undefined>>;
  /** Called when the reader stops; also after the last value, and more than once. */
  readonly end: () => unknown;
}

/** Nothing is buffered: a value is made when the reader asks for it. */
export function createPullIterator<T>({ next, end }: Pull<T>): AsyncGenerator<T, undefined, undefined> {
  async function finish(): Promise<IteratorReturnResult<undefined>> {
    await end();
    return { done: true, value: undefined };
  }

  return {
    next,
    return: finish,
    throw: finish,
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await finish();
    },
  };
}
