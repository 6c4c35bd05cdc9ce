/** Capacity used by all operations in progress, and the queues for it. */
import type { Owner } from '../auth/caller.ts';
import { minOf } from '../domain/order.ts';
import type { After } from '../runtime/clock.ts';
import { AbandonedError, GatewayError } from '../upstream/errors.ts';
import type { TimeShare } from './turns.ts';

const PROCESS_WEIGHT = 4096;
const NETWORKS_WEIGHT = 2048;
const OWNER_WEIGHT = { caller: 1024, network: 64, proxies: NETWORKS_WEIGHT } as const;
/** A quarter of the capacity is reserved for accepted callers that use less than SMALL_WEIGHT. */
const RESERVED_WEIGHT = PROCESS_WEIGHT / 4;
const SMALL_WEIGHT = 16;

export interface Entry {
  readonly weight: number;
  readonly isAbandoned: () => boolean;
  /** Order of an operation that grows, or null for a new operation or event. */
  readonly order: number | null;
  /** Time until the entry is rejected with RATE_LIMITED, or null to wait as long as necessary. */
  readonly timeoutMs: number | null;
}

interface Waiting extends PromiseWithResolvers<undefined> {
  readonly entry: Entry;
  readonly cancelTimeout: () => void;
}

/** One owner's queues. */
interface Waiters {
  /** New operations and events. */
  readonly entering: Set<Waiting>;
  /** Operations in progress that need more capacity. */
  readonly growing: Set<Waiting>;
}

/** One owner's operations in progress. */
export class Share implements TimeShare {
  readonly owner: Owner;
  readonly maxWeight: number;
  readonly isNetwork: boolean;
  usedMs = 0;
  weight = 0;
  readonly waiting: TimeShare['waiting'] = [];
  /** Orders of the operations in progress, oldest first. There is rarely more than one. */
  readonly inProgress: number[] = [];
  readonly waiters: Waiters = { entering: new Set(), growing: new Set() };
  /**
   * Orders of operations whose responses wait for capacity. Younger ones don't get a turn, or their results would pile
   * up.
   */
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
  /** Order of the only network operation that has exceeded the limit of networks or of the process. */
  #exceeding: number | null = null;
  /** Owners with waiting entries. */
  readonly #waiting = new Set<Share>();

  constructor(after: After) {
    this.#after = after;
  }

  has(share: Share, weight: number): boolean {
    return share.weight + weight <= share.maxWeight && this.#hasBeyondShare(share, weight);
  }

  /**
   * Like `has`, for an operation in progress. An owner's oldest operation never waits, so one can always finish. An
   * attacker may control many networks, so only one operation of all networks may exceed the limits of networks and
   * process.
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

  /** Adds the weight, now (returns null) or once it fits, first come, first served. */
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
      // Entries may have been waiting behind it.
      this.#letIn(share);
    };
    const cancelTimeout = timeoutMs === null ? () => undefined : this.#after(timeoutMs, giveUp);
    const waiting: Waiting = { entry, cancelTimeout, ...waits };
    queue.add(waiting);
    this.#waiting.add(share);
    return waits.promise;
  }

  /** Removes an operation that has ended; `weight` is what it still held. */
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
    // Operations in progress go first, so that they can finish.
    for (const waiting of growing) this.#decide(share, growing, waiting);
    // Thousands may be waiting: stop at the first one that doesn't fit.
    for (const waiting of entering) if (!this.#decide(share, entering, waiting)) break;
    if (!share.waitsForRoom) this.#waiting.delete(share);
  }

  /** Admits or rejects a waiting entry. Returns false while there is no capacity. */
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
