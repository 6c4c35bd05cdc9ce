/** The weight of all operations in progress, and what waits until enough of it is free. */
import type { After } from '../../runs/timer.ts';
import { AbandonedError, GatewayError } from '../../upstream/errors.ts';
import type { TimeShare } from './turns.ts';

export interface Owner {
  readonly name: string;
  /** An accepted caller; a network of callers that are not accepted; all such callers behind a proxy that hides their networks. */
  readonly kind: 'caller' | 'network' | 'proxy';
}

const PROCESS_WEIGHT = 4096;
const NETWORKS_WEIGHT = 2048;
const OWNER_WEIGHT = { caller: 1024, network: 64, proxy: NETWORKS_WEIGHT } as const;
/** A quarter of the process is left for accepted callers with less than SMALL_WEIGHT in progress. */
const RESERVED_WEIGHT = PROCESS_WEIGHT / 4;
const SMALL_WEIGHT = 16;

export interface Entry {
  readonly weight: number;
  readonly isAbandoned: () => boolean;
  /** True: it need not wait, although there is no room. */
  readonly mayExceed?: () => boolean;
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
  /** Orders of operations whose answers wait for room: younger ones get no turn, or their results would pile up. */
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
    return Math.min(...this.blockedBy);
  }
}

export class Room {
  readonly #after: After;
  #weight = 0;
  #networksWeight = 0;
  /** Owners for which something waits. */
  readonly #waiting = new Set<Share>();

  constructor(after: After) {
    this.#after = after;
  }

  has(share: Share, weight: number): boolean {
    if (share.weight + weight > share.maxWeight) return false;
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
    const { weight, mayExceed, timeoutMs } = entry;
    if ((!share.waitsForRoom && this.has(share, weight)) || mayExceed?.() === true) {
      this.add(share, weight);
      return null;
    }
    const { growing, entering } = share.waiters;
    const queue = mayExceed ? growing : entering;
    const waits = Promise.withResolvers<undefined>();
    const giveUp = () => {
      queue.delete(waiting);
      waits.reject(noRoom());
    };
    const cancelTimeout = timeoutMs === null ? () => undefined : this.#after(timeoutMs, giveUp);
    const waiting: Waiting = { entry, cancelTimeout, ...waits };
    queue.add(waiting);
    this.#waiting.add(share);
    return waits.promise;
  }

  free(share: Share, weight: number): void {
    this.add(share, -weight);
    for (const each of this.#waiting) this.#letIn(each);
  }

  #letIn(share: Share): void {
    const { growing, entering } = share.waiters;
    // Operations in progress go first, so that they end.
    for (const waiting of growing) this.#decide(share, growing, waiting);
    // Thousands may wait: those after the first one without room are not looked at.
    for (const waiting of entering) if (!this.#decide(share, entering, waiting)) break;
    if (!share.waitsForRoom) this.#waiting.delete(share);
  }

  /** False if there is no room yet. */
  #decide(share: Share, queue: Set<Waiting>, waiting: Waiting): boolean {
    const { entry, cancelTimeout, resolve, reject } = waiting;
    const hasRoom = this.has(share, entry.weight) || entry.mayExceed?.() === true;
    if (!hasRoom && !entry.isAbandoned()) return false;
    queue.delete(waiting);
    cancelTimeout();
    if (entry.isAbandoned()) reject(new AbandonedError());
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
