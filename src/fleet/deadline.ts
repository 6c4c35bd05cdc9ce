/** Deadlines of commands. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Rejects with DeadlineError if the promise has not settled in time. The work itself goes on. */
export const within = <T>(ms: number, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    // After a busy turn timers fire before sockets are read: the answer may be there already.
    const timer = setTimeout(
      () =>
        setImmediate(() => {
          reject(new DeadlineError(`no answer within ${ms} ms`));
        }),
      ms,
    );
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
