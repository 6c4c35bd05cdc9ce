/**
 * One run as one viewer sees it, polled once for all who watch it. Nobody waits for another: whoever is ready for the next
 * state gets the latest one, and what came in between is gone.
 */
import { GatewayError, isOutage } from '../../upstream/errors.ts';
import { createPullIterator } from './pull-iterator.ts';
import { dueMs, isSameFetch, isSameState, isStale, asStale, type Snapshot } from './snapshot.ts';
import type { After } from '../timer.ts';

export interface LivePoller {
  /** The present state at once, then each change, until the final state. Throws what ends it: a refusal, a 404. */
  watch(onLeft: () => void): AsyncIterableIterator<Snapshot, undefined>;
  /** Ends it for all, as if the run were over. */
  close(): void;
}

export interface LivePollerOptions {
  /** Through the store, so that it costs a call only when what is cached is too old. */
  readonly read: (signal: AbortSignal) => Promise<{ readonly snapshot: Snapshot; readonly untilMs: number }>;
  /** True while what is cached for the viewer may be shown without a call. */
  readonly isRightKnown: () => boolean;
  readonly liveTtlMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
  /** It is over, or nobody watches any more: whoever comes now needs another. */
  readonly onOver: () => void;
}

/** However short the lifetime of a live run is. */
const MIN_POLL_MS = 100;
/** While nothing changes each poll waits longer than the one before, up to this many intervals. */
const MAX_SLOWNESS = 5;

interface Subscriber {
  /** The version of the state that it has; 0 before the first. */
  seen: number;
  wake: () => void;
  hasLeft: boolean;
  readonly onLeft: () => void;
}

type End = { readonly kind: 'COMPLETE' } | { readonly kind: 'FAILED'; readonly error: unknown };

export function createLivePoller(options: LivePollerOptions): LivePoller {
  const { read, isRightKnown, liveTtlMs, now, after, onOver } = options;
  const intervalMs = Math.max(liveTtlMs, MIN_POLL_MS);
  const subscribers = new Set<Subscriber>();
  const controller = new AbortController();
  let latest: Snapshot | null = null;
  /** Counts the changes. */
  let version = 0;
  /** Until then the latest snapshot is as good as another one. */
  let trustedUntilMs = -Infinity;
  let nextDueMs = 0;
  let unchangedPolls = 0;
  let end: End | null = null;
  let polling: Promise<void> | null = null;
  let cancelTimer = (): void => undefined;

  function poll(): Promise<void> {
    cancelTimer();
    return (polling ??= look().finally(() => {
      polling = null;
      schedule();
    }));
  }

  async function look(): Promise<void> {
    try {
      const { snapshot, untilMs } = await read(controller.signal);
      accept(snapshot, isStale(snapshot) ? now() + intervalMs : untilMs);
    } catch (error) {
      if (latest && isFault(error)) accept(asStale(latest, error), now() + intervalMs);
      else finish({ kind: 'FAILED', error });
    }
  }

  function accept(snapshot: Snapshot, untilMs: number): void {
    trustedUntilMs = untilMs;
    nextDueMs = dueMs(snapshot, untilMs, liveTtlMs);
    if (!latest || !isSameState(latest, snapshot)) {
      version += 1;
      unchangedPolls = 0;
      latest = snapshot;
    } else if (isStale(snapshot) || !isSameFetch(latest, snapshot)) {
      unchangedPolls += 1;
      latest = snapshot;
    }
    if (snapshot.isFinal && !isStale(snapshot)) finish({ kind: 'COMPLETE' });
    for (const subscriber of subscribers) if (subscriber.seen !== version) subscriber.wake();
  }

  function schedule(): void {
    if (end || subscribers.size === 0) return;
    const nextMs = nextDueMs + intervalMs * Math.min(unchangedPolls, MAX_SLOWNESS - 1);
    cancelTimer = after(Math.max(MIN_POLL_MS, nextMs - now()), () => void poll());
  }

  function finish(how: End): void {
    // A refusal still counts when it is over: there may be readers who have not read the end.
    if (end && how.kind === 'COMPLETE') return;
    end = how;
    cancelTimer();
    onOver();
    for (const subscriber of subscribers) subscriber.wake();
  }

  function leave(subscriber: Subscriber): void {
    if (subscriber.hasLeft) return;
    subscriber.hasLeft = true;
    subscribers.delete(subscriber);
    subscriber.wake();
    subscriber.onLeft();
    if (subscribers.size > 0) return;
    cancelTimer();
    controller.abort();
    onOver();
  }

  const isCurrent = (): boolean => latest !== null && now() < trustedUntilMs && isRightKnown();
  const hasNews = ({ seen, hasLeft }: Subscriber): boolean =>
    hasLeft || end !== null || latest === null || seen !== version;

  async function next(subscriber: Subscriber): Promise<IteratorResult<Snapshot, undefined>> {
    if (!hasNews(subscriber)) {
      await new Promise<void>((resolve) => {
        subscriber.wake = resolve;
      });
    }
    const isOver = subscriber.hasLeft || (end && (end.kind === 'FAILED' || subscriber.seen === version));
    // A reader that was slow, or has only just come, gets no state that is older than a poll would bring.
    if (!isOver && !isCurrent()) await poll();
    return take(subscriber);
  }

  function take(subscriber: Subscriber): IteratorResult<Snapshot, undefined> {
    if (!subscriber.hasLeft) {
      if (end?.kind === 'FAILED') return fail(subscriber, end.error);
      if (latest && subscriber.seen !== version) {
        if (latest.staleBecause && subscriber.seen === 0) return fail(subscriber, latest.staleBecause);
        subscriber.seen = version;
        return { done: false, value: latest };
      }
    }
    leave(subscriber);
    return { done: true, value: undefined };
  }

  function fail(subscriber: Subscriber, error: unknown): never {
    leave(subscriber);
    throw error;
  }

  return {
    watch(onLeft) {
      const subscriber: Subscriber = { seen: 0, wake: () => undefined, hasLeft: false, onLeft };
      subscribers.add(subscriber);
      return createPullIterator({
        next: () => next(subscriber),
        end() {
          leave(subscriber);
        },
      });
    },
    close() {
      for (const subscriber of [...subscribers]) leave(subscriber);
    },
  };
}

/** What says nothing about the run or the right to see it: watching goes on. */
const isFault = (error: unknown): error is GatewayError =>
  isOutage(error) || (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION');
