/**
 * Fair scheduling of the event loop. The owner that has used the least time goes first, with its oldest operation.
 * Several turns run in one iteration of the loop, then sockets are read.
 */
import { performance } from 'node:perf_hooks';
import { AbandonedError } from '../upstream/errors.ts';

/** An owner's share of the time. */
export interface TimeShare {
  /** Time that the owner has used, in milliseconds. */
  usedMs: number;
  /** Whether this is a network. All networks together count as one caller, since an attacker may control many. */
  readonly isNetwork: boolean;
  /** Operations younger than this one don't get a turn. */
  readonly blockedFrom: number;
  /** The owner's waiting turns, oldest operation first. */
  readonly waiting: WaitingTurn[];
}

export interface TurnTaker {
  readonly share: TimeShare;
  /** Number of the operation: older ones have smaller numbers. */
  readonly order: number;
  /** Whether its turns can be dropped. */
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
  /** Calls back when no microtask is left, before any I/O. */
  readonly afterMicrotasks: (run: () => void) => void;
  /** Number of I/O events so far. */
  readonly events: () => number;
}

export const LOOP_OF_NODE: Loop = {
  now: () => performance.now(),
  setImmediate: (run) => void setImmediate(run),
  afterMicrotasks: (run) => {
    queueMicrotask(() => {
      process.nextTick(run);
    });
  },
  events: () => performance.nodeTiming.uvMetricsInfo.events,
};

/** Each turn is measured separately: Node drains microtasks and ticks between two immediates of one iteration. */
const TURNS_IN_ITERATION = 16;
/** After this much work, sockets get as much time if there is anything to read or accept. */
const SLICE_MS = 10;
const MEASURED_DRAINS = 4;
/** Factor by which the time of networks counts. */
const NETWORKS_FACTOR = 4;

export class Turns {
  readonly #loop: Loop;
  /** Owners waiting for a turn. */
  readonly #waiting = new Set<TimeShare>();
  #holder: TurnTaker | null = null;
  #startedAt = 0;
  /** Time used by a turn that began at once. The rest until `#end` is other callers' I/O. */
  #heldMs: number | null = null;
  /** Cleanup to run at the end of the turn. */
  #atEnd: (() => void)[] = [];
  /** Grants that are scheduled for the next iteration. */
  #dueGrants = 0;
  readonly #onWake: (() => void)[] = [];
  #isResting = false;
  #sliceMs = 0;
  /** Time used by the owner of the latest turn. Owners that were idle start from here, without credit. */
  #virtualMs = 0;
  /** The same for networks, between each other and as one owner. */
  readonly #networks = { usedMs: 0, virtualMs: 0, waiting: 0 };

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** Whether the event loop hasn't moved on since a turn of this operation. */
  isHeldBy(taker: TurnTaker): boolean {
    return this.#holder === taker;
  }

  /** Calls back when the turn of this operation ends, or in the next iteration of the loop if it has none. */
  atEnd(taker: TurnTaker, run: () => void): void {
    if (this.#holder === taker) this.#atEnd.push(run);
    else this.#loop.setImmediate(run);
  }

  /**
   * Schedules a turn, or returns null if it has begun because nothing else is waiting. Rejects with AbandonedError if
   * the operation is abandoned first.
   */
  take(taker: TurnTaker): Promise<undefined> | null {
    const { share } = taker;
    if (!this.#waiting.has(share)) this.#enter(share);
    if (this.#holder === null && !this.#isResting && this.#waiting.size === 0) {
      this.#begin(taker);
      this.#measure(MEASURED_DRAINS);
      this.#loop.setImmediate(this.#end);
      return null;
    }
    const turn: WaitingTurn = { taker, ...Promise.withResolvers<undefined>() };
    const index = share.waiting.findLastIndex((other) => other.taker.order <= taker.order);
    share.waiting.splice(index + 1, 0, turn);
    if (share.isNetwork && !this.#waiting.has(share)) this.#networks.waiting += 1;
    this.#waiting.add(share);
    this.#schedule();
    return turn.promise;
  }

  #enter(share: TimeShare): void {
    const networks = this.#networks;
    const { virtualMs } = share.isNetwork ? networks : { virtualMs: this.#virtualMs };
    share.usedMs = Math.max(share.usedMs, virtualMs);
    if (share.isNetwork && networks.waiting === 0) networks.usedMs = Math.max(networks.usedMs, this.#virtualMs);
  }

  #leave(share: TimeShare): void {
    if (this.#waiting.delete(share) && share.isNetwork) this.#networks.waiting -= 1;
  }

  /** Time that determines the order. */
  #usedBy({ isNetwork, usedMs }: TimeShare): number {
    return isNetwork ? this.#networks.usedMs : usedMs;
  }

  /** Must be called when a share is no longer blocked. */
  wake(): void {
    this.#schedule();
    for (const wake of this.#onWake) wake();
  }

  onWake(wake: () => void): void {
    this.#onWake.push(wake);
  }

  #schedule(): void {
    if (this.#dueGrants > 0 || this.#isResting || this.#holder !== null) return;
    let waiting = 0;
    for (const share of this.#waiting) waiting += share.waiting.length;
    this.#dueGrants = Math.min(waiting, TURNS_IN_ITERATION);
    for (let count = 0; count < this.#dueGrants; count += 1) {
      this.#loop.setImmediate(this.#grant);
      // Runs in the same iteration, after the turn's microtasks, so I/O isn't counted.
      this.#loop.setImmediate(this.#end);
    }
  }

  readonly #grant = (): void => {
    this.#dueGrants -= 1;
    if (this.#holder !== null || this.#isResting) return;
    const turn = this.#next();
    if (!turn) return;
    this.#begin(turn.taker);
    turn.resolve(undefined);
  };

  /** A turn's work continues over several drains of microtasks and ticks: DataLoaders wait for both. */
  #measure(drains: number): void {
    const holder = this.#holder;
    this.#loop.afterMicrotasks(() => {
      if (this.#holder !== holder) return;
      this.#heldMs = this.#loop.now() - this.#startedAt;
      if (drains > 1) this.#measure(drains - 1);
    });
  }

  #begin(taker: TurnTaker): void {
    this.#holder = taker;
    this.#startedAt = this.#loop.now();
    this.#virtualMs = this.#usedBy(taker.share);
    if (taker.share.isNetwork) this.#networks.virtualMs = taker.share.usedMs;
  }

  readonly #end = (): void => {
    if (this.#holder === null) return;
    const tookMs = this.#heldMs ?? this.#loop.now() - this.#startedAt;
    this.#heldMs = null;
    const { share } = this.#holder;
    share.usedMs += tookMs;
    if (share.isNetwork) this.#networks.usedMs += tookMs * NETWORKS_FACTOR;
    this.#holder = null;
    for (const run of this.#atEnd) run();
    this.#atEnd = [];
    this.#sliceMs = this.#waiting.size === 0 ? 0 : this.#sliceMs + tookMs;
    if (this.#sliceMs > SLICE_MS) this.#rest();
    else this.#schedule();
  };

  /**
   * One iteration of the loop accepts one connection and reads 64 KiB of a socket, so back-to-back turns would starve
   * sockets.
   */
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
      if (!oldest) this.#leave(share);
      else if (oldest.taker.order <= share.blockedFrom && (!best || this.#isBefore(share, best))) best = share;
    }
    const turn = best?.waiting.shift();
    if (best?.waiting.length === 0) this.#leave(best);
    return turn;
  }

  #isBefore(one: TimeShare, other: TimeShare): boolean {
    return (this.#usedBy(one) - this.#usedBy(other) || one.usedMs - other.usedMs) < 0;
  }
}

function dropAbandoned({ waiting }: TimeShare): void {
  while (waiting[0]?.taker.isAbandoned() === true) waiting.shift()?.reject(new AbandonedError());
}
