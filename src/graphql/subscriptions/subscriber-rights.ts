/** An open connection has no rights of its own: a subscription ends when a new request of its caller would be refused. */
import type { Caller } from '../../auth/caller.ts';
import type { After } from '../../runs/timer.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { OperationRequest } from '../operations/operation.ts';

/** The right of one subscriber. Its subscription is aborted when it is lost. */
export interface SubscriberRight {
  /** Authenticates again if the caller must be verified again. */
  check(): Promise<void>;
  /** Why it is lost; null if it is not. */
  readonly problem: Error | null;
  close(): void;
}

export type SubscriberRightOf = (request: OperationRequest) => SubscriberRight;

export interface SubscriberRightsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

/** A timer takes no more: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 2;
/** While no event comes, a right is not checked more often, however short it is. */
const MIN_INTERVAL_MS = 1000;

export const createSubscriberRights =
  ({ now, after }: SubscriberRightsOptions): SubscriberRightOf =>
  ({ caller: first, authenticate, client }) => {
    let caller = first;
    let checkedAt = -Infinity;
    let problem: Error | null = null;
    let isClosed = false;
    let cancel = (): void => undefined;

    async function check(): Promise<void> {
      if (now() < caller.verifiedUntilMs) return;
      try {
        caller = await authenticate();
        checkedAt = now();
        problem ??= problemOf(caller, first);
      } catch (error) {
        problem ??= error instanceof Error ? error : new Error(String(error));
      }
      if (problem !== null) client.abort();
    }

    /** Also while no event comes: a reader that waits for the next one gets the error at once. */
    function schedule(): void {
      cancel();
      if (isClosed || caller.verifiedUntilMs === Infinity) return;
      const dueMs = Math.max(caller.verifiedUntilMs, checkedAt + MIN_INTERVAL_MS) - now();
      cancel = after(Math.min(MAX_TIMER_MS, Math.max(0, dueMs)), () => void check().then(schedule));
    }

    schedule();
    return {
      check,
      get problem() {
        return problem;
      },
      close() {
        isClosed = true;
        cancel();
      },
    };
  };

/** Null if the caller may still see what it subscribed to. */
function problemOf({ viewer, error }: Caller, first: Caller): GatewayError | null {
  if (viewer && viewer.id === first.viewer?.id) return null;
  return error ?? new GatewayError('UNAUTHENTICATED', 'the rights of this token have changed: subscribe again');
}
