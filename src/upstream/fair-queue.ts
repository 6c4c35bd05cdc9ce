/**
 * Slots for concurrent calls (a bulkhead). A free slot goes to the waiting participant with the fewest calls in
 * progress, and to its compartment with the fewest, so one with many calls, or a hanging workflow, lets others go
 * first. A participant is an accepted owner, or a network with all its other keys, which can be invented: together,
 * these have a quarter of the slots. A call that several participants wait for gets the best position of any of them.
 */
import { AbandonedError, GatewayError } from './errors.ts';
import type { Requester, Requesters } from './requesters.ts';

export interface Lane {
  readonly requesters: Requesters;
  /** An endpoint of one workflow. */
  readonly compartment: string;
}

export interface Slot {
  /** Whether the key hadn't been accepted when the call began. */
  readonly isTrial: boolean;
  /** Owner that the slot is charged to. */
  readonly owner: string;
  /** `hasSucceeded` means that the upstream has accepted the key. */
  readonly leave: (hasSucceeded: boolean) => void;
}

/** Maximum number of waiting calls of accepted keys, and of other keys. */
const MAX_WAITING = 1000;
const UNACCEPTED_SHARE = 1 / 4;
/** Participants of a call to compare: thousands may wait for one run, and each free slot looks at each waiting call. */
const MAX_COMPARED = 16;

/** Calls of a network's unaccepted keys, of an owner, or of one of its compartments. Forgotten with its last call. */
interface Share {
  readonly name: string;
  /** Calls waiting or in progress. */
  calls: number;
  underWay: number;
  /**
   * Number of the latest call that got a slot, or that had one when the share began. Equally busy shares take turns.
   */
  latest: number;
}

/** A call's priority for one of those waiting for it. */
interface Entry {
  readonly call: QueuedCall;
  readonly ofNetwork: Share;
  readonly ofOwner: Share;
  readonly ofCompartment: Share;
}

interface QueuedCall extends Lane {
  /** Entries by participant, of those waiting when `requesters` had this version. */
  entries: ReadonlyMap<string, Entry>;
  version: number;
  /** Set once the key is accepted, or another call of the owner has succeeded. */
  isPassed: boolean;
  readonly start: (slot: Slot) => void;
  readonly reject: (error: Error) => void;
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
    // A share begins behind those that wait. Otherwise, a participant that keeps returning would go before them.
    const share = shares.get(name) ?? { name, calls: 0, underWay: 0, latest };
    share.calls += 1;
    shares.set(name, share);
    return share;
  }

  function createEntry(call: QueuedCall, requester: Requester): Entry {
    const { owner } = requester;
    return {
      call,
      ofNetwork: shareOf(`network ${requester.network()}`),
      ofOwner: shareOf(`owner ${owner}`),
      ofCompartment: shareOf(`owner ${owner}\n${call.compartment}`),
    };
  }

  /** Entries of those waiting now, or last. */
  function entriesOf(call: QueuedCall): ReadonlyMap<string, Entry> {
    const { requesters, entries: before } = call;
    if (call.version === requesters.version || requesters.isEmpty) return before;
    const entries = new Map<string, Entry>();
    for (const [participant, requester] of requesters.entries()) {
      entries.set(participant, before.get(participant) ?? createEntry(call, requester));
      if (entries.size === MAX_COMPARED) break;
    }
    for (const [participant, entry] of before) if (!entries.has(participant)) giveUp(entry);
    call.version = requesters.version;
    return (call.entries = entries);
  }

  const bestOf = (call: QueuedCall): Entry => leastOf(entriesOf(call), comparePlaces);

  /** The entry with the fewest calls, which takes no places from others. */
  const lightestOf = (call: QueuedCall): Entry =>
    leastOf(entriesOf(call), (one, other) => participantIn(one).calls - participantIn(other).calls);

  function giveUp({ ofNetwork, ofOwner, ofCompartment }: Entry): void {
    for (const share of [ofNetwork, ofOwner, ofCompartment]) {
      share.calls -= 1;
      if (share.calls === 0) shares.delete(share.name);
    }
  }

  const release = ({ entries }: QueuedCall): void => {
    for (const entry of entries.values()) giveUp(entry);
  };

  const mayBegin = (call: QueuedCall): boolean =>
    underWay < slots && (unacceptedUnderWay < maxUnaccepted || !isUnaccepted(call));

  function count({ ofNetwork, ofOwner, ofCompartment }: Entry, isTrial: boolean, by: 1 | -1): void {
    underWay += by;
    ofOwner.underWay += by;
    ofCompartment.underWay += by;
    if (!isTrial) return;
    unacceptedUnderWay += by;
    ofNetwork.underWay += by;
  }

  function begin(entry: Entry): void {
    const { call } = entry;
    const isTrial = isUnaccepted(call);
    waiting.delete(call);
    count(entry, isTrial, 1);
    latest += 1;
    entry.ofOwner.latest = entry.ofCompartment.latest = latest;
    if (isTrial) entry.ofNetwork.latest = latest;
    const leave = (hasSucceeded: boolean) => {
      count(entry, isTrial, -1);
      release(call);
      // The right is proven only once the response has been read.
      if (hasSucceeded && isTrial) {
        for (const other of waiting)
          other.isPassed ||= entriesOf(other)
            .values()
            .some(({ ofOwner }) => ofOwner === entry.ofOwner);
      }
      beginWaiting();
    };
    call.start({ isTrial, owner: entry.ofOwner.name, leave });
  }

  function beginWaiting(): void {
    while (underWay < slots) {
      let next: Entry | undefined;
      for (const call of waiting) {
        if (!mayBegin(call)) continue;
        const entry = bestOf(call);
        if (!next || comparePlaces(entry, next) < 0) next = entry;
      }
      if (!next) return;
      begin(next);
    }
  }

  /**
   * If too many calls wait, the participant with the most of them loses its newest one, so no one can fill the places
   * of others.
   */
  function wait(call: QueuedCall): void {
    waiting.add(call);
    if (waiting.size <= MAX_WAITING) return;
    const group = [...waiting].filter((other) => isUnaccepted(other) === isUnaccepted(call)).map(lightestOf);
    if (group.length <= MAX_WAITING) return;
    const ofParticipant = largestPart(group, participantIn);
    const ofOwner = largestPart(ofParticipant, (entry) => entry.ofOwner);
    const newest = largestPart(ofOwner, (entry) => entry.ofCompartment).at(-1)?.call ?? call;
    waiting.delete(newest);
    newest.reject(overloaded());
  }

  return {
    /**
     * Waits for a slot. Rejects with UPSTREAM_OVERLOADED if too many calls wait, and with AbandonedError at the signal.
     */
    async enter({ requesters, compartment }: Lane, signal: AbortSignal): Promise<Slot> {
      if (signal.aborted) throw new AbandonedError();
      const { promise, resolve: start, reject } = Promise.withResolvers<Slot>();
      const call: QueuedCall = {
        ...{ requesters, compartment, entries: new Map(), version: -1 },
        ...{ isPassed: false, start, reject },
      };
      // Found now, because it counts from now on.
      const entry = bestOf(call);
      if (mayBegin(call)) {
        begin(entry);
        return promise;
      }
      const abandon = () => {
        waiting.delete(call);
        reject(new AbandonedError());
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
  if (!call.isPassed && !call.requesters.isEmpty) call.isPassed = !call.requesters.areStrangers();
  return !call.isPassed;
}

/** A call has at least one entry. */
function leastOf(entries: ReadonlyMap<string, Entry>, compare: (one: Entry, other: Entry) => number): Entry {
  let least: Entry | undefined;
  for (const entry of entries.values()) if (!least || compare(entry, least) < 0) least = entry;
  if (!least) throw new Error('A call must have a requester, got none');
  return least;
}

const participantIn = ({ call, ofNetwork, ofOwner }: Entry): Share => (isUnaccepted(call) ? ofNetwork : ofOwner);

/**
 * Compares the participants first, then the owners of a network, then their compartments. Negative if `one` goes first.
 */
const comparePlaces = (one: Entry, other: Entry): number =>
  compareShares(participantIn(one), participantIn(other)) ||
  compareShares(one.ofOwner, other.ofOwner) ||
  compareShares(one.ofCompartment, other.ofCompartment);

const compareShares = (a: Share, b: Share): number => a.underWay - b.underWay || a.latest - b.latest;

/** The entries of the share that has the most of these, or of the latest such share. */
const largestPart = (entries: readonly Entry[], shareIn: (entry: Entry) => Share): readonly Entry[] =>
  [...Map.groupBy(entries, shareIn).values()].reduce((most, part) => (part.length < most.length ? most : part));

const overloaded = (): GatewayError =>
  new GatewayError('UPSTREAM_OVERLOADED', 'Too many queued upstream calls; try again.', {
    wasNotSent: true,
  });
