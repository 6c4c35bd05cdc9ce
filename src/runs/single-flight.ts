/** Single flight: all readers of a part share one call, which is aborted when no reader is waiting. */
import { AbandonedError } from '../upstream/errors.ts';
import { Requesters, type Requester } from '../upstream/requesters.ts';
import { afterOnThisMachine } from '../runtime/clock.ts';

/**
 * When many clients disconnect at once, each may join just as the previous one leaves. The delay saves a call for each.
 */
const LINGER_MS = 50;

/** Waiting readers, and a signal that fires when none is left. */
export interface Readers {
  readonly requesters: Requesters;
  readonly signal: AbortSignal;
}

export interface Task<T> {
  run(): Promise<T>;
  /** Called after a drop of the viewer or the workflow. */
  withdraw(): void;
}

export class Flight<T> {
  readonly workflowId: string;
  /** In ms since 1970. */
  readonly beganAt: number;
  readonly #task: Task<T>;
  readonly #promise: Promise<T>;
  readonly #controller = new AbortController();
  readonly #onOver: () => void;
  /** Those waiting for the flight. */
  readonly #requesters: Requesters;

  /** `onOver` is called once, when the flight has landed or is abandoned and can no longer be joined. */
  constructor(
    { workflowId, beganAt }: Pick<Flight<T>, 'workflowId' | 'beganAt'>,
    requester: Requester,
    taskFor: (readers: Readers) => Task<T>,
    onOver: () => void,
  ) {
    this.workflowId = workflowId;
    this.beganAt = beganAt;
    this.#requesters = new Requesters(requester);
    let isOver = false;
    this.#onOver = () => {
      if (!isOver) onOver();
      isOver = true;
    };
    this.#task = taskFor({ requesters: this.#requesters, signal: this.#controller.signal });
    this.#promise = this.#task.run();
    this.#promise.then(this.#onOver, this.#onOver);
  }

  withdraw(): void {
    this.#task.withdraw();
  }

  /** Resolves when the call is over, whether or not it succeeded. */
  landing(): Promise<void> {
    const ignore = () => undefined;
    return this.#promise.then(ignore, ignore);
  }

  /** Rejects with AbandonedError when `signal` fires. The call is aborted shortly after the last reader has left. */
  join(requester: Requester, signal: AbortSignal): Promise<T> {
    const remove = this.#requesters.add(requester);
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(new AbandonedError());
        remove();
        if (!this.#requesters.isEmpty) return;
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
    if (!this.#requesters.isEmpty) return;
    this.#onOver();
    this.#controller.abort();
  }
}
