/**
 * Slots for concurrent calls (a bulkhead). A free slot goes to the waiting viewer with the fewest calls in progress,
 * and to the compartment of that viewer with the fewest. So a viewer with many calls, or a hanging workflow, lets
 * others go first. All keys that nobody has accepted yet share a quarter of the slots, since a key can be invented.
 */
import { LRUCache } from 'lru-cache';
import { AbandonedError, GatewayError } from './errors.ts';

export interface Lane {
  readonly viewerId: string;
  /** An endpoint of one workflow. */
  readonly compartment: string;
  /** True if the gateway or the upstream has accepted the viewer's key by now. */
  readonly isAccepted: () => boolean;
}

export interface Slot {
  /** True if the key was not accepted when the call began. */
  readonly isTrial: boolean;
  /** `hasSucceeded`: the upstream has accepted the key. */
  readonly leave: (hasSucceeded: boolean) => void;
}

/** Maximum number of waiting calls: of all accepted or of all other keys, per viewer, per viewer and compartment. */
const MAX_WAITING = { keys: 1000, viewer: 750, compartment: 500 };
const UNACCEPTED_SHARE = 1 / 4;

/** Calls in progress of a viewer, or of one of its compartments. */
interface Share {
  underWay: number;
  /** Number of the latest call that got a slot. Equally busy shares take turns. */
  latest: number;
}

interface QueuedCall extends Lane {
  readonly ofViewer: Share;
  readonly ofCompartment: Share;
  /** True if another call of the viewer has succeeded. */
  isPassed: boolean;
  readonly start: (slot: Slot) => void;
}

export function createFairQueue(slots: number) {
  const maxUnaccepted = Math.ceil(slots * UNACCEPTED_SHARE);
  // Each call has two shares, so only shares without a call are evicted.
  const shares = new LRUCache<string, Share>({ max: 2 * (slots + 2 * MAX_WAITING.keys) });
  /** In order of arrival. */
  const waiting = new Set<QueuedCall>();
  let underWay = 0;
  let unacceptedUnderWay = 0;
  let latest = 0;

  function shareOf(key: string): Share {
    const share = shares.get(key) ?? { underWay: 0, latest: 0 };
    shares.set(key, share);
    return share;
  }

  const isUnaccepted = (call: QueuedCall): boolean => !call.isPassed && !call.isAccepted();
  const mayBegin = (call: QueuedCall): boolean =>
    underWay < slots && (unacceptedUnderWay < maxUnaccepted || !isUnaccepted(call));

  function count({ ofViewer, ofCompartment }: QueuedCall, isTrial: boolean, by: 1 | -1): void {
    underWay += by;
    if (isTrial) unacceptedUnderWay += by;
    ofViewer.underWay += by;
    ofCompartment.underWay += by;
  }

  function begin(call: QueuedCall): void {
    const isTrial = isUnaccepted(call);
    waiting.delete(call);
    count(call, isTrial, 1);
    latest += 1;
    call.ofViewer.latest = call.ofCompartment.latest = latest;
    const leave = (hasSucceeded: boolean) => {
      count(call, isTrial, -1);
      // The right is proven only when the answer has been read.
      if (hasSucceeded && isTrial) for (const other of waiting) other.isPassed ||= isOfViewer(other, call);
      beginWaiting();
    };
    call.start({ isTrial, leave });
  }

  function beginWaiting(): void {
    while (underWay < slots) {
      let next: QueuedCall | undefined;
      for (const call of waiting) if (mayBegin(call) && (!next || isLessBusy(call, next))) next = call;
      if (!next) return;
      begin(next);
    }
  }

  function isFull(call: QueuedCall): boolean {
    // The smallest limit. Counting for each of a hundred new calls took 5 ms of a process's first query.
    if (waiting.size < MAX_WAITING.compartment) return false;
    const group = isUnaccepted(call);
    const left = { ...MAX_WAITING };
    for (const other of waiting) {
      if (isUnaccepted(other) === group) left.keys -= 1;
      if (other.ofViewer === call.ofViewer) left.viewer -= 1;
      if (other.ofCompartment === call.ofCompartment) left.compartment -= 1;
    }
    return Math.min(left.keys, left.viewer, left.compartment) <= 0;
  }

  return {
    /** Waits for a slot. Rejects with UPSTREAM_OVERLOADED if too many calls wait, and with AbandonedError at the signal. */
    async enter(lane: Lane, signal: AbortSignal): Promise<Slot> {
      if (signal.aborted) throw new AbandonedError();
      const { promise, resolve: start, reject } = Promise.withResolvers<Slot>();
      const { viewerId, compartment, isAccepted } = lane;
      const shared = { ofViewer: shareOf(viewerId), ofCompartment: shareOf(`${viewerId}\n${compartment}`) };
      const call: QueuedCall = { viewerId, compartment, isAccepted, ...shared, isPassed: false, start };
      if (mayBegin(call)) {
        begin(call);
        return promise;
      }
      if (isFull(call)) throw overloaded();
      const abandon = () => {
        waiting.delete(call);
        reject(new AbandonedError());
      };
      signal.addEventListener('abort', abandon, { once: true });
      waiting.add(call);
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', abandon);
      }
    },
    get underWay(): number {
      return underWay;
    },
    get waiting(): number {
      return waiting.size;
    },
  };
}

const isOfViewer = (one: Lane, other: Lane): boolean => one.viewerId === other.viewerId;

/** Compares the viewers first, then their compartments. */
function isLessBusy(one: QueuedCall, other: QueuedCall): boolean {
  const order = compareShares(one.ofViewer, other.ofViewer) || compareShares(one.ofCompartment, other.ofCompartment);
  return order < 0;
}

const compareShares = (a: Share, b: Share): number => a.underWay - b.underWay || a.latest - b.latest;

const overloaded = (): GatewayError =>
  new GatewayError('UPSTREAM_OVERLOADED', 'Limit of calls that wait for the upstream reached. Try again.', {
    wasNotSent: true,
  });
