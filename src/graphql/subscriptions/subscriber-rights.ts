/** Ends a subscription once a new request of its caller would be rejected. */
import type { Caller } from '../../auth/caller.ts';
import type { After } from '../../runtime/clock.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { OperationRequest } from '../operations/operation.ts';

/** One subscriber's right. When it is lost, its subscription is aborted. */
export interface SubscriberRight {
  /** Authenticates again if the caller's verification has expired. */
  check(): Promise<void>;
  /** Why the right is lost, or null. */
  readonly problem: Error | null;
  close(): void;
}

export type SubscriberRightOf = (request: OperationRequest) => SubscriberRight;

export interface SubscriberRightsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

/** Maximum delay of a timer: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 2;
/** Minimum interval between checks without an event, however soon the verification expires. */
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

    /** Also checks without events, so a waiting subscriber gets the error at once. */
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

/** Returns null if the caller still has the rights with which it subscribed. */
function problemOf({ viewer, error }: Caller, first: Caller): GatewayError | null {
  if (viewer && viewer.id === first.viewer?.id) return null;
  return error ?? new GatewayError('UNAUTHENTICATED', 'The rights of this token have changed. Subscribe again.');
}
