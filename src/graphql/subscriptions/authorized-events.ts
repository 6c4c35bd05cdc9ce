/** An open connection has no rights of its own: a subscription ends when a new request of its caller would be refused. */
import type { Caller } from '../../auth/caller.ts';
import { createPullIterator } from '../../runs/live/pull-iterator.ts';
import type { After } from '../../runs/timer.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { OperationRequest } from '../operations/operation.ts';
import { SubscriptionError, type LiveEvent, type LiveEvents } from './live-events.ts';

export type EventGuard = (events: LiveEvents, request: OperationRequest) => LiveEvents;

export interface EventGuardOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

/** A timer takes no more: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 2;
/** While no event comes, a right is not checked more often, however short it is. */
const MIN_INTERVAL_MS = 1000;

export function createEventGuard({ now, after }: EventGuardOptions): EventGuard {
  return (events, { caller: first, authenticate, requestId }) => {
    let caller = first;
    let checkedAt = -Infinity;
    /** Why the subscription ends before its run does. */
    let problem: Error | null = null;
    let isOver = false;
    let cancel = (): void => undefined;

    /** Authenticates again when the caller must be verified again, also while no event comes. */
    function schedule(): void {
      cancel();
      if (isOver || caller.verifiedUntilMs === Infinity) return;
      const dueMs = Math.max(caller.verifiedUntilMs, checkedAt + MIN_INTERVAL_MS) - now();
      cancel = after(Math.min(MAX_TIMER_MS, Math.max(0, dueMs)), () => void check());
    }

    async function check(): Promise<void> {
      try {
        if (now() >= caller.verifiedUntilMs) {
          caller = await authenticate();
          checkedAt = now();
          problem ??= problemOf(caller, first, requestId);
        }
      } catch (error) {
        problem ??= error instanceof Error ? error : new Error(String(error));
      }
      // A reader that waits for the next event gets the error at once.
      if (problem) void finish();
      else schedule();
    }

    async function finish(): Promise<void> {
      isOver = true;
      cancel();
      await events.return(undefined);
    }

    async function next(): Promise<IteratorResult<LiveEvent, undefined>> {
      try {
        const result: IteratorResult<LiveEvent, undefined> = isOver
          ? { done: true, value: undefined }
          : await events.next();
        if (!isOver && now() >= caller.verifiedUntilMs) await check();
        if (problem) throw problem;
        if (result.done) await finish();
        return result;
      } catch (error) {
        await finish();
        throw error;
      }
    }

    schedule();
    return createPullIterator({ next, end: finish });
  };
}

/** Null if the caller may still see what it subscribed to. */
function problemOf({ viewer, error }: Caller, first: Caller, requestId: string): SubscriptionError | null {
  if (viewer && viewer.id === first.viewer?.id) return null;
  const problem =
    error ?? new GatewayError('UNAUTHENTICATED', 'the rights of this token have changed: subscribe again');
  const extensions = { code: problem.code, retryable: problem.isRetryable, requestId };
  return new SubscriptionError([{ message: problem.message, extensions }]);
}
