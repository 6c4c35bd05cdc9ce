/** The weight of all operations in progress, and what waits until enough of it is free. */
import type { Owner } from '../auth/caller.ts';
import { minOf } from '../domain/order.ts';
import type { After } from '../runtime/clock.ts';
import { AbandonedError, GatewayError } from '../upstream/errors.ts';
import type { TimeShare } from './turns.ts';

const PROCESS_WEIGHT = 4096;
const NETWORKS_WEIGHT = 2048;
const OWNER_WEIGHT = { caller: 1024, network: 64, proxies: NETWORKS_WEIGHT } as const;
/** A quarter of the process is left for accepted callers with less than SMALL_WEIGHT in progress. */
const RESERVED_WEIGHT = PROCESS_WEIGHT / 4;
const SMALL_WEIGHT = 16;

export interface Entry {
  readonly weight: number;
  readonly isAbandoned: () => boolean;
  /** Order of an operation in progress that grows. Null for a new operation or event. */
  readonly order: number | null;
  /** Afterwards it rejects with RATE_LIMITED. Null: it waits as long as necessary. */
  readonly timeoutMs: number | null;
}

interface Waiting extends PromiseWithResolvers<undefined> {
  readonly entry: Entry;
  readonly cancelTimeout: () => void;
}

/** What waits for room, of one owner. */
interface Waiters {
  /** New operations and events. */
  readonly entering: Set<Waiting>;
  /** Operations in progress, which need more room. */
  readonly growing: Set<Waiting>;
}

/** An owner, with its operations in progress. */
export class Share implements TimeShare {
  readonly owner: Owner;
  readonly maxWeight: number;
  readonly isNetwork: boolean;
  usedMs = 0;
  weight = 0;
  readonly waiting: TimeShare['waiting'] = [];
  /** Orders of the operations in progress, oldest first: seldom more than one. */
  readonly inProgress: number[] = [];
  readonly waiters: Waiters = { entering: new Set(), growing: new Set() };
  /** Orders of operations whose answers wait for capacity: younger ones don't get a turn, or their results would pile up. */
  readonly blockedBy: number[] = [];

  constructor(owner: Owner) {
    this.owner = owner;
    this.maxWeight = OWNER_WEIGHT[owner.kind];
    this.isNetwork = owner.kind !== 'caller';
  }

  get isEmpty(): boolean {
    return this.weight === 0 && this.inProgress.length === 0 && !this.waitsForRoom;
  }

  get waitsForRoom(): boolean {
    return this.waiters.entering.size + this.waiters.growing.size > 0;
  }

  get blockedFrom(): number {
    return minOf(this.blockedBy);
  }
}

export class Room {
  readonly #after: After;
  #weight = 0;
  #networksWeight = 0;
  /** Order of the one operation of all networks that has exceeded their limit or that of the process. */
  #exceeding: number | null = null;
  /** Owners for which something waits. */
  readonly #waiting = new Set<Share>();

  constructor(after: After) {
    this.#after = after;
  }

  has(share: Share, weight: number): boolean {
    return share.weight + weight <= share.maxWeight && this.#hasBeyondShare(share, weight);
  }

  /**
   * Like `has`, for an operation in progress. The oldest one of an owner never waits, so that one always comes to its end. An attacker
   * may have many networks, so of all networks only one goes beyond the limits of networks and process.
   */
  hasForGrowth(share: Share, weight: number, order: number): boolean {
    if (share.inProgress[0] !== order) return this.has(share, weight);
    return !share.isNetwork || this.#hasBeyondShare(share, weight) || (this.#exceeding ??= order) === order;
  }

  #hasBeyondShare(share: Share, weight: number): boolean {
    const { isNetwork } = share;
    if (isNetwork && this.#networksWeight + weight > NETWORKS_WEIGHT) return false;
    const isSmall = !isNetwork && share.weight < SMALL_WEIGHT;
    return this.#weight + weight <= (isSmall ? PROCESS_WEIGHT : PROCESS_WEIGHT - RESERVED_WEIGHT);
  }

  add(share: Share, weight: number): void {
    share.weight += weight;
    this.#weight += weight;
    if (share.isNetwork) this.#networksWeight += weight;
  }

  /** Adds the weight: at once (null), or when there is room for it, first come first served. */
  enter(share: Share, entry: Entry): Promise<undefined> | null {
    const { weight, order, timeoutMs } = entry;
    const isFirst = order === share.inProgress[0] || !share.waitsForRoom;
    if (isFirst && this.#hasFor(share, entry)) {
      this.add(share, weight);
      return null;
    }
    const { growing, entering } = share.waiters;
    const queue = order === null ? entering : growing;
    const waits = Promise.withResolvers<undefined>();
    const giveUp = () => {
      queue.delete(waiting);
      waits.reject(noRoom());
      // It may have been the one that those behind it waited for.
      this.#letIn(share);
    };
    const cancelTimeout = timeoutMs === null ? () => undefined : this.#after(timeoutMs, giveUp);
    const waiting: Waiting = { entry, cancelTimeout, ...waits };
    queue.add(waiting);
    this.#waiting.add(share);
    return waits.promise;
  }

  /** An operation in progress is over: `weight` is what it still had. */
  leave(share: Share, weight: number, order: number): void {
    const { inProgress } = share;
    const index = inProgress.indexOf(order);
    if (index >= 0) inProgress.splice(index, 1);
    if (this.#exceeding === order) this.#exceeding = null;
    this.free(share, weight);
  }

  free(share: Share, weight: number): void {
    this.add(share, -weight);
    for (const each of this.#waiting) this.#letIn(each);
  }

  #hasFor(share: Share, { weight, order }: Entry): boolean {
    return order === null ? this.has(share, weight) : this.hasForGrowth(share, weight, order);
  }

  #letIn(share: Share): void {
    const { growing, entering } = share.waiters;
    // Operations in progress go first, so that they end.
    for (const waiting of growing) this.#decide(share, growing, waiting);
    // Thousands may wait: those after the first one without room are not looked at.
    for (const waiting of entering) if (!this.#decide(share, entering, waiting)) break;
    if (!share.waitsForRoom) this.#waiting.delete(share);
  }

  /** Decides about one that waits. Returns false while capacity is used up. */
  #decide(share: Share, queue: Set<Waiting>, waiting: Waiting): boolean {
    const { entry, cancelTimeout, resolve, reject } = waiting;
    const isAbandoned = entry.isAbandoned();
    if (!isAbandoned && !this.#hasFor(share, entry)) return false;
    queue.delete(waiting);
    cancelTimeout();
    if (isAbandoned) reject(new AbandonedError());
    else {
      this.add(share, entry.weight);
      resolve(undefined);
    }
    return true;
  }
}

export const noRoom = (): GatewayError =>
  new GatewayError('RATE_LIMITED', 'Too many operations of this caller are in progress. Try again later.', {
    retryAfterSeconds: 1,
  });
