/**
 * Calls with keys that neither the gateway nor the upstream has accepted, since a key can be invented. A few calls of
 * each key are sent. A success lets the key's other calls pass, and a 401 answers the operation's others. All such keys
 * share few slots. `http/unaccepted-callers.ts` bounds the operations that wait for them.
 */
import type { Refusals } from './api.ts';
import { isUnauthenticated } from './errors.ts';
import { createFairQueue, type Place } from './fair-queue.ts';

/** Viewer and compartment of a call. The compartment is an endpoint of a workflow. */
export interface Lane extends Place {
  /** True if the gateway or the upstream has accepted the viewer's key by now. */
  readonly isAccepted: () => boolean;
  readonly refusals?: Refusals | undefined;
}

/** Maximum number of concurrent calls of one key. */
const MAX_AT_ONCE = 4;
const MAX_WAITING = { all: Infinity, viewer: 750, compartment: 500 };

export function createUnacceptedKeys(slots: number) {
  const queue = createFairQueue({ slots, slotsOfViewer: MAX_AT_ONCE, maxWaiting: MAX_WAITING });
  return {
    /** Resolves with the answer of the call, or with null if the key was accepted while the call waited. */
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
