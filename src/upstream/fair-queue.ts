/**
 * Slots for concurrent calls (a bulkhead). A free slot goes to the waiting viewer with the fewest calls in progress,
 * and to the compartment of that viewer with the fewest. So a viewer with many calls, or a hanging workflow, lets
 * others go first.
 */
import { AbandonedError, GatewayError } from './errors.ts';

/** Viewer and compartment of a call. */
export interface Place {
  readonly viewerId: string;
  readonly compartment: string;
}

export interface FairQueueOptions {
  readonly slots: number;
  /** Maximum number of slots of one viewer. Default: all. */
  readonly slotsOfViewer?: number;
  /** Maximum number of waiting calls: in all, per viewer, and per viewer and compartment. */
  readonly maxWaiting: { readonly all: number; readonly viewer: number; readonly compartment: number };
}

/** Exists while the viewer has calls that wait or are in progress. */
interface Viewer {
  readonly id: string;
  readonly compartments: Map<string, Compartment>;
  underWay: number;
  waiting: number;
}

interface Compartment {
  readonly name: string;
  /** Functions that end the wait of one call each. */
  readonly waiting: Set<(hasSlot: boolean) => void>;
  underWay: number;
}

export function createFairQueue({ slots, slotsOfViewer = slots, maxWaiting }: FairQueueOptions) {
  /** In order of the latest slot: the viewer that got a slot last is the last one. */
  const viewers = new Map<string, Viewer>();
  let underWay = 0;
  let waiting = 0;

  function begin(viewer: Viewer, compartment: Compartment): void {
    underWay += 1;
    viewer.underWay += 1;
    compartment.underWay += 1;
    moveToEnd(viewers, viewer.id, viewer);
    moveToEnd(viewer.compartments, compartment.name, compartment);
  }

  function beginNext(): void {
    if (waiting === 0 || underWay >= slots) return;
    const viewer = leastBusy(viewers, (each) => each.waiting > 0 && each.underWay < slotsOfViewer);
    const compartment = viewer && leastBusy(viewer.compartments, (each) => each.waiting.size > 0);
    const [first] = compartment?.waiting ?? [];
    first?.(true);
  }

  function forgetIfEmpty(viewer: Viewer, compartment: Compartment): void {
    if (compartment.underWay + compartment.waiting.size === 0) viewer.compartments.delete(compartment.name);
    if (viewer.compartments.size === 0) viewers.delete(viewer.id);
  }

  function wait(viewer: Viewer, compartment: Compartment, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const stopWaiting = () => {
      signal.removeEventListener('abort', abandon);
      compartment.waiting.delete(endWait);
      viewer.waiting -= 1;
      waiting -= 1;
    };
    const endWait = (hasSlot: boolean) => {
      stopWaiting();
      if (hasSlot) begin(viewer, compartment);
      else forgetIfEmpty(viewer, compartment);
      resolve(hasSlot);
    };
    const abandon = () => {
      stopWaiting();
      forgetIfEmpty(viewer, compartment);
      reject(new AbandonedError());
    };
    signal.addEventListener('abort', abandon);
    compartment.waiting.add(endWait);
    viewer.waiting += 1;
    waiting += 1;
    return promise;
  }

  return {
    /**
     * Resolves with true when the call has a slot, which `leave` returns, or with false if `letPass` ended the wait.
     * Rejects with UPSTREAM_OVERLOADED if too many calls wait, and with AbandonedError when the signal fires.
     */
    async enter({ viewerId, compartment: name }: Place, signal: AbortSignal): Promise<boolean> {
      if (signal.aborted) throw new AbandonedError();
      const viewer = viewers.get(viewerId) ?? createViewer(viewerId);
      const compartment = viewer.compartments.get(name) ?? { name, waiting: new Set(), underWay: 0 };
      const hasSlot = underWay < slots && viewer.underWay < slotsOfViewer;
      const isFull =
        waiting >= maxWaiting.all ||
        viewer.waiting >= maxWaiting.viewer ||
        compartment.waiting.size >= maxWaiting.compartment;
      if (!hasSlot && isFull) throw overloaded();
      viewers.set(viewerId, viewer);
      viewer.compartments.set(name, compartment);
      if (!hasSlot) return wait(viewer, compartment, signal);
      begin(viewer, compartment);
      return true;
    },
    leave({ viewerId, compartment: name }: Place): void {
      const viewer = viewers.get(viewerId);
      const compartment = viewer?.compartments.get(name);
      if (!viewer || !compartment) return;
      underWay -= 1;
      viewer.underWay -= 1;
      compartment.underWay -= 1;
      forgetIfEmpty(viewer, compartment);
      beginNext();
    },
    /** Ends the wait of the viewer's calls without a slot. */
    letPass(viewerId: string): void {
      for (const { waiting: calls } of viewers.get(viewerId)?.compartments.values() ?? []) {
        for (const endWait of calls) endWait(false);
      }
    },
    get underWay(): number {
      return underWay;
    },
    get waiting(): number {
      return waiting;
    },
  };
}

const createViewer = (id: string): Viewer => ({ id, compartments: new Map(), underWay: 0, waiting: 0 });

/** Returns the first ready item with the fewest calls in progress. */
function leastBusy<T extends { readonly underWay: number }>(
  all: ReadonlyMap<string, T>,
  isReady: (each: T) => boolean,
): T | null {
  let least: T | null = null;
  for (const each of all.values()) {
    if (!isReady(each) || (least && least.underWay <= each.underWay)) continue;
    if (each.underWay === 0) return each;
    least = each;
  }
  return least;
}

function moveToEnd<T>(all: Map<string, T>, key: string, value: T): void {
  all.delete(key);
  all.set(key, value);
}

const overloaded = (): GatewayError =>
  new GatewayError('UPSTREAM_OVERLOADED', 'limit of calls that wait for the upstream reached; try again', {
    wasNotSent: true,
  });
