/**
 * Calls with keys that neither the gateway nor the upstream has accepted yet: a key can be invented. A few calls of each key go out. A success lets
 * the other calls of the key pass, and a 401 is the answer to the others of the operation. All such keys together have few slots.
 * `http/unaccepted-callers.ts` bounds the operations that wait for them.
 */
import type { Refusals } from './api.ts';
import { isUnauthenticated } from './errors.ts';
import { createFairQueue, type Place } from './fair-queue.ts';

/** A call's viewer and its compartment: an endpoint of a workflow. */
export interface Lane extends Place {
  /** Whether the gateway or the upstream has accepted the viewer's key by now. */
  readonly isAccepted: () => boolean;
  readonly refusals?: Refusals | undefined;
}

/** Calls of one key at a time. */
const MAX_AT_ONCE = 4;
const MAX_WAITING = { all: Infinity, viewer: 750, compartment: 500 };

export function createUnacceptedKeys(slots: number) {
  const queue = createFairQueue({ slots, slotsOfViewer: MAX_AT_ONCE, maxWaiting: MAX_WAITING });
  return {
    /** Resolves with the answer of the call, or with null where the key was accepted while the call waited. */
    async attempt<T>(lane: Lane, call: () => Promise<T>, signal: AbortSignal): Promise<{ readonly answer: T } | null> {
      const { viewerId, isAccepted, refusals } = lane;
      if (!(await queue.enter(lane, signal))) return null;
      try {
        if (isAccepted()) return null;
        if (refusals?.refusal) throw refusals.refusal;
        const answer = await call();
        queue.letPass(viewerId);
        return { answer };
      } catch (error) {
        if (isUnauthenticated(error)) refusals?.refuse(error);
        throw error;
      } finally {
        queue.leave(lane);
      }
    },
  };
}
