/**
 * Calls with keys that neither the gateway nor the upstream has accepted yet. A few calls of each key go out: a success lets its others
 * pass, and a 401 is the answer to the others of the operation. All such keys together have few slots. The operations
 * that may wait for them are bounded where they come in (`http/unaccepted-callers.ts`).
 */
import { bulkhead, type BulkheadPolicy } from 'cockatiel';
import type { Refusals } from './api.ts';
import { isUnauthenticated } from './errors.ts';

export interface UnacceptedKeys {
  /** Resolves with the answer of the call; with null where the key was accepted while it waited. */
  attempt<T>(key: UnacceptedKey, call: () => Promise<T>, signal: AbortSignal): Promise<{ readonly answer: T } | null>;
}

export interface UnacceptedKey {
  readonly viewerId: string;
  readonly isAccepted: () => boolean;
  readonly refusals?: Refusals | undefined;
}

/** Calls of one key at a time. */
const MAX_AT_ONCE = 4;

/** What its calls have found out about a key. */
interface Trial {
  readonly slots: BulkheadPolicy;
  calls: number;
  isAccepted: boolean;
}

export function createUnacceptedKeys(slots: number): UnacceptedKeys {
  const all = bulkhead(slots, Infinity);
  /** Of keys with calls under way, by viewer. */
  const trials = new Map<string, Trial>();

  function trialOf(viewerId: string): Trial {
    const known = trials.get(viewerId);
    const trial = known ?? { slots: bulkhead(MAX_AT_ONCE, Infinity), calls: 0, isAccepted: false };
    trials.set(viewerId, trial);
    return trial;
  }

  return {
    async attempt({ viewerId, isAccepted, refusals }, call, signal) {
      const trial = trialOf(viewerId);
      const tryOnce = async () => {
        if (trial.isAccepted || isAccepted()) return null;
        if (refusals?.refusal) throw refusals.refusal;
        try {
          const answer = await call();
          trial.isAccepted = true;
          return { answer };
        } catch (error) {
          if (isUnauthenticated(error)) refusals?.refuse(error);
          throw error;
        }
      };
      trial.calls += 1;
      try {
        return await trial.slots.execute(() => all.execute(tryOnce, signal), signal);
      } finally {
        trial.calls -= 1;
        if (trial.calls === 0) trials.delete(viewerId);
      }
    },
  };
}
