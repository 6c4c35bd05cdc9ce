/** Single flight: all readers of a part share one call, which is aborted when no reader waits any more. */
import type { Requester } from '../upstream/client.ts';
import { AbandonedError } from '../upstream/errors.ts';
import { participantOf } from '../upstream/fair-queue.ts';
import { afterOnThisMachine } from '../runtime/clock.ts';

/**
 * When many clients disconnect at once, each may join just as the previous one leaves. The delay saves a call for each.
 */
const LINGER_MS = 50;

export class Flight<T> {
  readonly workflowId: string;
  /** In ms since 1970. */
  readonly beganAt: number;
  /** False after a drop of the viewer or the workflow: readers still get the answer, and nothing of it is cached. */
  isCacheable = true;
  readonly #promise: Promise<T>;
  readonly #controller = new AbortController();
  readonly #onOver: () => void;
  /** One of those who wait for each participant, and how many do. */
  readonly #requesters = new Map<string, Requester>();
  readonly #waiting = new Map<string, number>();

  /** `onOver` is called once, when the flight has landed or is abandoned. It cannot be joined any more. */
  constructor(
    { workflowId, beganAt }: Pick<Flight<T>, 'workflowId' | 'beganAt'>,
    requester: Requester,
    call: (flight: Flight<T>, signal: AbortSignal) => Promise<T>,
    onOver: () => void,
  ) {
    this.workflowId = workflowId;
    this.beganAt = beganAt;
    // The call begins before anybody joins.
    this.#requesters.set(participantOf(requester), requester);
    let isOver = false;
    this.#onOver = () => {
      if (!isOver) onOver();
      isOver = true;
    };
    this.#promise = call(this, this.#controller.signal);
    this.#promise.then(this.#onOver, this.#onOver);
  }

  /** Resolves when the call is over, with success or failure. */
  landing(): Promise<void> {
    const ignore = () => undefined;
    return this.#promise.then(ignore, ignore);
  }

  /** One of those who wait for each participant, in the order in which they came. */
  requesters(): Iterable<Requester> {
    return this.#requesters.values();
  }

  /** Rejects with AbandonedError when `signal` fires. The call is aborted shortly after the last reader has left. */
  join(requester: Requester, signal: AbortSignal): Promise<T> {
    const participant = participantOf(requester);
    const waiting = this.#waiting.get(participant) ?? 0;
    this.#waiting.set(participant, waiting + 1);
    if (waiting === 0) this.#requesters.set(participant, requester);
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(new AbandonedError());
        this.#leave(participant);
        if (this.#waiting.size > 0) return;
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

  #leave(participant: string): void {
    const waiting = (this.#waiting.get(participant) ?? 0) - 1;
    if (waiting > 0) this.#waiting.set(participant, waiting);
    else for (const each of [this.#waiting, this.#requesters]) each.delete(participant);
  }

  #abandon(): void {
    if (this.#waiting.size > 0) return;
    this.#onOver();
    this.#controller.abort();
  }
}
