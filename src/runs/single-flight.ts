/** Single flight: all who ask for the same part share one call, which is aborted when nobody waits for it. */
import { AbandonedError } from '../upstream/errors.ts';
import { afterOnThisMachine } from './timer.ts';

/** When many clients disconnect at once, each may join just as the one before it leaves: the pause saves a call for each. */
const LINGER_MS = 50;

export class Flight<T> {
  readonly #promise: Promise<T>;
  readonly #controller: AbortController;
  readonly #onOver: () => void;
  #waiting = 0;

  /** `onOver` is called when it has landed or is abandoned: nobody may join it any more. */
  constructor(promise: Promise<T>, controller: AbortController, onOver: () => void) {
    this.#promise = promise;
    this.#controller = controller;
    this.#onOver = onOver;
    promise.then(onOver, onOver);
  }

  /** Resolves when it is over, however it ends. */
  landing(): Promise<void> {
    const ignore = () => undefined;
    return this.#promise.then(ignore, ignore);
  }

  /** A waiter whose signal fires gets AbandonedError at once. The call itself is aborted a moment after the last one has left. */
  join(signal: AbortSignal): Promise<T> {
    this.#waiting += 1;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(new AbandonedError());
        this.#waiting -= 1;
        if (this.#waiting > 0) return;
        afterOnThisMachine(LINGER_MS, () => {
          this.#abandon();
        });
      };
      signal.addEventListener('abort', leave);
      this.#promise.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', leave);
      });
    });
  }

  #abandon(): void {
    if (this.#waiting > 0) return;
    this.#onOver();
    this.#controller.abort();
  }
}
