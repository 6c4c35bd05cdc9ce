/**
 * Turns on the event loop, which all owners share. The owner that has used the least time goes first, and of one owner the oldest
 * operation. One turn is granted in an iteration of the loop, so that sockets are read in between.
 */
import { performance } from 'node:perf_hooks';
import { AbandonedError } from '../../upstream/errors.ts';

/** An owner's part of the time. */
export interface TimeShare {
  /** Its time counts this many times. */
  readonly factor: number;
  /** Weighted time that the owner has used, in milliseconds. */
  usedMs: number;
  /** Operations that are younger than this one get no turn. */
  readonly blockedFrom: number;
  /** Turns that the owner waits for, oldest operation first. */
  readonly waiting: WaitingTurn[];
}

export interface TurnTaker {
  readonly share: TimeShare;
  /** Number of the operation: older ones have smaller numbers. */
  readonly order: number;
  /** True: its turns are dropped. */
  isAbandoned(): boolean;
}

interface WaitingTurn extends PromiseWithResolvers<undefined> {
  readonly taker: TurnTaker;
}

export interface Loop {
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls back in the next iteration of the event loop. */
  readonly setImmediate: (run: () => void) => void;
  /** Number of I/O events so far. */
  readonly events: () => number;
}

export const LOOP_OF_NODE: Loop = {
  now: () => performance.now(),
  setImmediate: (run) => void setImmediate(run),
  events: () => performance.nodeTiming.uvMetricsInfo.events,
};

/** After this much work, sockets get as much time, as long as there is something to read or accept. */
const SLICE_MS = 10;

export class Turns {
  readonly #loop: Loop;
  /** Owners that wait for a turn. */
  readonly #waiting = new Set<TimeShare>();
  #holder: TurnTaker | null = null;
  #startedAt = 0;
  #isGrantDue = false;
  #isResting = false;
  #sliceMs = 0;
  /** Time used by the owner of the latest turn. Owners that had nothing to do start from here, without credit. */
  #virtualMs = 0;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** True until the event loop turns after a turn of this operation. */
  isHeldBy(taker: TurnTaker): boolean {
    return this.#holder === taker;
  }

  /** Null: the turn has begun, since nothing else waits. Rejects with AbandonedError if the operation is abandoned before. */
  take(taker: TurnTaker): Promise<undefined> | null {
    const { share } = taker;
    if (!this.#waiting.has(share)) share.usedMs = Math.max(share.usedMs, this.#virtualMs);
    if (this.#holder === null && !this.#isResting && this.#waiting.size === 0) {
      this.#begin(taker);
      this.#loop.setImmediate(this.#end);
      return null;
    }
    const turn: WaitingTurn = { taker, ...Promise.withResolvers<undefined>() };
    const index = share.waiting.findLastIndex((other) => other.taker.order <= taker.order);
    share.waiting.splice(index + 1, 0, turn);
    this.#waiting.add(share);
    this.#schedule();
    return turn.promise;
  }

  /** Call it when a share is no longer blocked. */
  wake(): void {
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isGrantDue || this.#isResting || this.#holder !== null || this.#waiting.size === 0) return;
    this.#isGrantDue = true;
    this.#loop.setImmediate(this.#grant);
    // In the same iteration, after the microtasks of the turn: I/O is not counted.
    this.#loop.setImmediate(this.#end);
  }

  readonly #grant = (): void => {
    this.#isGrantDue = false;
    const turn = this.#next();
    if (!turn) return;
    this.#begin(turn.taker);
    turn.resolve(undefined);
  };

  #begin(taker: TurnTaker): void {
    this.#holder = taker;
    this.#startedAt = this.#loop.now();
    this.#virtualMs = taker.share.usedMs;
  }

  readonly #end = (): void => {
    if (this.#holder === null) return;
    const tookMs = this.#loop.now() - this.#startedAt;
    this.#holder.share.usedMs += tookMs * this.#holder.share.factor;
    this.#holder = null;
    this.#sliceMs = this.#waiting.size === 0 ? 0 : this.#sliceMs + tookMs;
    if (this.#sliceMs > SLICE_MS) this.#rest();
    else this.#schedule();
  };

  /** An iteration of the loop accepts one connection and reads 64 KiB of a socket: without a rest, turns would starve them. */
  #rest(): void {
    this.#isResting = true;
    const untilMs = this.#loop.now() + this.#sliceMs;
    let events = this.#loop.events();
    const iterate = () => {
      const before = events;
      events = this.#loop.events();
      if (events !== before && this.#loop.now() < untilMs) {
        this.#loop.setImmediate(iterate);
        return;
      }
      this.#isResting = false;
      this.#sliceMs = 0;
      this.#schedule();
    };
    this.#loop.setImmediate(iterate);
  }

  #next(): WaitingTurn | undefined {
    let best: TimeShare | undefined;
    for (const share of this.#waiting) {
      dropAbandoned(share);
      const [oldest] = share.waiting;
      if (!oldest) this.#waiting.delete(share);
      else if (oldest.taker.order <= share.blockedFrom && (!best || share.usedMs < best.usedMs)) best = share;
    }
    const turn = best?.waiting.shift();
    if (best?.waiting.length === 0) this.#waiting.delete(best);
    return turn;
  }
}

function dropAbandoned({ waiting }: TimeShare): void {
  while (waiting[0]?.taker.isAbandoned() === true) waiting.shift()?.reject(new AbandonedError());
}
