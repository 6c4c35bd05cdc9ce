/** An async iterator of the two things that each has of its own: what comes next, and what ends it. */

export interface Pull<T> {
  readonly next: () => Promise<IteratorResult<T, undefined>>;
  /** Called whenever the reader has enough, even if it is over already. */
  readonly end: () => unknown;
}

/** Holds nothing ready: something is made when the reader asks for it. */
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
