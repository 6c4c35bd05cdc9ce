/**
 * Slots for concurrent calls (a bulkhead). A free slot goes to the waiting participant with the fewest calls in progress, and to its
 * compartment with the fewest, so that one with many calls, or a hanging workflow, lets others go first. A participant is an accepted
 * viewer, or a network with all of its other keys, which can be invented: together these have a quarter of the slots.
 */
import { AbandonedError, GatewayError } from './errors.ts';

export interface Lane {
  readonly viewerId: string;
  /** Name of the network of the request that causes the call. */
  readonly network: string;
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

/** Maximum number of waiting calls of accepted keys, and of other keys. */
const MAX_WAITING = 1000;
const UNACCEPTED_SHARE = 1 / 4;

/** Calls of a network's unaccepted keys, of a viewer, or of one of its compartments. Forgotten with its last call. */
interface Share {
  readonly name: string;
  /** Calls that wait or are in progress. */
  calls: number;
  underWay: number;
  /** Number of the latest call that got a slot, or that had one when the share began. Equally busy shares take turns. */
  latest: number;
}

interface QueuedCall extends Lane {
  readonly ofNetwork: Share;
  readonly ofViewer: Share;
  readonly ofCompartment: Share;
  /** True once the key is accepted, or another call of the viewer has succeeded. */
  isPassed: boolean;
  readonly start: (slot: Slot) => void;
  readonly refuse: (error: Error) => void;
}

export function createFairQueue(slots: number) {
  const maxUnaccepted = Math.ceil(slots * UNACCEPTED_SHARE);
  const shares = new Map<string, Share>();
  /** In order of arrival. */
  const waiting = new Set<QueuedCall>();
  let underWay = 0;
  let unacceptedUnderWay = 0;
  let latest = 0;

  function shareOf(name: string): Share {
    // A share begins behind those that wait: otherwise a participant that comes again and again would go before them.
    const share = shares.get(name) ?? { name, calls: 0, underWay: 0, latest };
    share.calls += 1;
    shares.set(name, share);
    return share;
  }

  function release({ ofNetwork, ofViewer, ofCompartment }: QueuedCall): void {
    for (const share of [ofNetwork, ofViewer, ofCompartment]) {
      share.calls -= 1;
      if (share.calls === 0) shares.delete(share.name);
    }
  }

  const mayBegin = (call: QueuedCall): boolean =>
    underWay < slots && (unacceptedUnderWay < maxUnaccepted || !isUnaccepted(call));

  function count({ ofNetwork, ofViewer, ofCompartment }: QueuedCall, isTrial: boolean, by: 1 | -1): void {
    underWay += by;
    ofViewer.underWay += by;
    ofCompartment.underWay += by;
    if (!isTrial) return;
    unacceptedUnderWay += by;
    ofNetwork.underWay += by;
  }

  function begin(call: QueuedCall): void {
    const isTrial = isUnaccepted(call);
    waiting.delete(call);
    count(call, isTrial, 1);
    latest += 1;
    call.ofViewer.latest = call.ofCompartment.latest = latest;
    if (isTrial) call.ofNetwork.latest = latest;
    const leave = (hasSucceeded: boolean) => {
      count(call, isTrial, -1);
      release(call);
      // The right is proven only when the answer has been read.
      if (hasSucceeded && isTrial) for (const other of waiting) other.isPassed ||= other.ofViewer === call.ofViewer;
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

  /** If too many calls wait, the participant with the most of them loses its newest: nobody can fill the places of others. */
  function wait(call: QueuedCall): void {
    waiting.add(call);
    if (waiting.size <= MAX_WAITING) return;
    const group = [...waiting].filter((other) => isUnaccepted(other) === isUnaccepted(call));
    if (group.length <= MAX_WAITING) return;
    const ofParticipant = largestPart(group, participantOf);
    const ofViewer = largestPart(ofParticipant, (other) => other.ofViewer);
    const newest = largestPart(ofViewer, (other) => other.ofCompartment).at(-1) ?? call;
    waiting.delete(newest);
    newest.refuse(overloaded());
  }

  return {
    /** Waits for a slot. Rejects with UPSTREAM_OVERLOADED if too many calls wait, and with AbandonedError at the signal. */
    async enter(lane: Lane, signal: AbortSignal): Promise<Slot> {
      if (signal.aborted) throw new AbandonedError();
      const { promise, resolve: start, reject: refuse } = Promise.withResolvers<Slot>();
      const { viewerId, network, compartment, isAccepted } = lane;
      const call: QueuedCall = {
        ...{ viewerId, network, compartment, isAccepted },
        ofNetwork: shareOf(`network ${network}`),
        ofViewer: shareOf(`viewer ${viewerId}`),
        ofCompartment: shareOf(`viewer ${viewerId}\n${compartment}`),
        ...{ isPassed: false, start, refuse },
      };
      if (mayBegin(call)) {
        begin(call);
        return promise;
      }
      const abandon = () => {
        waiting.delete(call);
        refuse(new AbandonedError());
      };
      signal.addEventListener('abort', abandon, { once: true });
      wait(call);
      try {
        return await promise;
      } catch (error) {
        release(call);
        throw error;
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

function isUnaccepted(call: QueuedCall): boolean {
  call.isPassed ||= call.isAccepted();
  return !call.isPassed;
}

const participantOf = (call: QueuedCall): Share => (isUnaccepted(call) ? call.ofNetwork : call.ofViewer);

/** Compares the participants first, then the viewers of a network, then their compartments. */
function isLessBusy(one: QueuedCall, other: QueuedCall): boolean {
  const order =
    compareShares(participantOf(one), participantOf(other)) ||
    compareShares(one.ofViewer, other.ofViewer) ||
    compareShares(one.ofCompartment, other.ofCompartment);
  return order < 0;
}

const compareShares = (a: Share, b: Share): number => a.underWay - b.underWay || a.latest - b.latest;

/** The calls of the share that has the most of these; if several have, of the one that came last. */
const largestPart = (calls: readonly QueuedCall[], shareOf: (call: QueuedCall) => Share): readonly QueuedCall[] =>
  [...Map.groupBy(calls, shareOf).values()].reduce((most, part) => (part.length < most.length ? most : part));

const overloaded = (): GatewayError =>
  new GatewayError('UPSTREAM_OVERLOADED', 'Limit of calls that wait for the upstream reached. Try again.', {
    wasNotSent: true,
  });
