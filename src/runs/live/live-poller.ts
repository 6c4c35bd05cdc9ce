/**
 * Polls one run for one viewer, once for all subscribers. A subscriber that is ready gets the latest snapshot: states in
 * between are skipped, and no subscriber waits for a slower one. In a fleet the poller whose turn it is polls; the others read
 * what it announces.
 */
import { GatewayError, isOutage } from '../../upstream/errors.ts';
import type { After } from '../timer.ts';
import { createPullIterator } from './pull-iterator.ts';
import type { JoinTurns } from './turns.ts';
import { asStale, dueMs, isSameFetch, isSameState, isStale, wasRequestedSince, type Snapshot } from './snapshot.ts';

export interface LivePoller {
  /** The current snapshot at once, then each change, until the final one. Throws what ends it: 401, 403 or 404. */
  watch(onLeft: () => void): AsyncIterableIterator<Snapshot, undefined>;
  /** Completes all subscriptions. */
  close(): void;
}

export interface LivePollerOptions {
  /**
   * Reads through the run store: it costs a call only when the cached parts are too old. `isAnnounced`: another gateway has
   * newer ones than this one may have cached.
   */
  readonly read: (signal: AbortSignal, isAnnounced: boolean) => Promise<Reading>;
  readonly joinTurns: JoinTurns;
  /** True while cached data may be shown to the viewer without a call. */
  readonly isRightKnown: () => boolean;
  readonly liveTtlMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
  /** Called when it has ended or has no subscribers left: the next subscriber needs another poller. */
  readonly onOver: () => void;
}

export interface Reading {
  readonly snapshot: Snapshot;
  /** Until then another poll would bring nothing newer. */
  readonly untilMs: number;
}

/** The shortest interval, also where LIVE_TTL_MS is shorter. */
const MIN_POLL_MS = 100;
/** Each poll without a change makes the interval longer, up to this many times LIVE_TTL_MS. */
const MAX_SLOWDOWN = 5;

/** How many times LIVE_TTL_MS an announcement may be late. Then it is lost, or the gateway that polls is wedged. */
const MAX_SILENCE = 2;

interface Subscriber {
  /** The version that it was given last; 0 before the first. */
  seen: number;
  wake: () => void;
  hasLeft: boolean;
  readonly onLeft: () => void;
}

type End = { readonly kind: 'COMPLETE' } | { readonly kind: 'FAILED'; readonly error: unknown };

export function createLivePoller(options: LivePollerOptions): LivePoller {
  const { read, joinTurns, isRightKnown, liveTtlMs, now, after, onOver } = options;
  const intervalMs = Math.max(liveTtlMs, MIN_POLL_MS);
  const subscribers = new Set<Subscriber>();
  const controller = new AbortController();
  let latest: Snapshot | null = null;
  /** Incremented with each change. */
  let version = 0;
  /** Until then another poll would bring nothing newer. */
  let freshUntilMs = -Infinity;
  let nextDueMs = 0;
  /** Null before the first poll, which a subscriber makes. */
  let polledAtMs: number | null = null;
  let unchangedPolls = 0;
  let end: End | null = null;
  let polling: Promise<void> | null = null;
  /** An announcement that came during a poll: that poll may have read what was there before. */
  let isAnnounced = false;
  let cancelTimer = (): void => undefined;
  const turns = joinTurns({
    intervalMs,
    onTurn: schedule,
    onAnnounced() {
      isAnnounced = true;
      schedule();
    },
  });

  /** Single flight. */
  function poll(): Promise<void> {
    cancelTimer();
    return (polling ??= pollOnce().finally(() => {
      polling = null;
      polledAtMs = now();
      schedule();
    }));
  }

  async function pollOnce(): Promise<void> {
    const startedAt = now();
    const wasAnnounced = isAnnounced;
    isAnnounced = false;
    try {
      const { snapshot, untilMs } = await read(controller.signal, wasAnnounced);
      const { stepsError } = snapshot.parts;
      const pausedUntilMs = now() + intervalMs;
      // Steps that were there are not taken away by a fault.
      if (stepsError && latest?.parts.steps && isUpstreamFault(stepsError)) {
        accept(asStale(latest, stepsError, snapshot.parts), pausedUntilMs, wasAnnounced);
      } else accept(snapshot, stepsError || isStale(snapshot) ? pausedUntilMs : untilMs, wasAnnounced);
      if (!wasAnnounced && (turns.areOurs || wasRequestedSince(snapshot, startedAt))) turns.announce();
    } catch (error) {
      if (!wasAnnounced && (turns.areOurs || !isUpstreamFault(error))) turns.announce();
      if (latest && isUpstreamFault(error)) accept(asStale(latest, error), now() + intervalMs, wasAnnounced);
      else finish({ kind: 'FAILED', error });
    }
  }

  function accept(snapshot: Snapshot, untilMs: number, wasAnnounced: boolean): void {
    freshUntilMs = untilMs;
    nextDueMs = dueMs(snapshot, untilMs, liveTtlMs);
    if (!latest || !isSameState(latest, snapshot)) {
      version += 1;
      unchangedPolls = 0;
      latest = snapshot;
    } else if (isStale(snapshot) || !isSameFetch(latest, snapshot)) {
      // Who polls counts polls, and not also what others announce of them.
      if (!wasAnnounced || !turns.areOurs) unchangedPolls += 1;
      latest = snapshot;
    }
    if (snapshot.isFinal && !isStale(snapshot)) finish({ kind: 'COMPLETE' });
    for (const subscriber of subscribers) if (subscriber.seen !== version) subscriber.wake();
  }

  function schedule(): void {
    if (isOver() || polling || polledAtMs === null) return;
    cancelTimer();
    const pauses = Math.min(unchangedPolls, MAX_SLOWDOWN - 1) + (turns.areOurs ? 0 : MAX_SILENCE);
    const nextMs = isAnnounced ? 0 : nextDueMs + intervalMs * pauses;
    cancelTimer = after(Math.max(0, polledAtMs + MIN_POLL_MS - now(), nextMs - now()), () => void poll());
  }

  function finish(how: End): void {
    // A failure after completion still counts: a slow subscriber may not have read the final snapshot yet.
    if (end && how.kind === 'COMPLETE') return;
    end = how;
    // The others have heard of it, and end as well.
    stop(false);
    for (const subscriber of subscribers) subscriber.wake();
  }

  function leave(subscriber: Subscriber): void {
    if (subscriber.hasLeft) return;
    subscriber.hasLeft = true;
    subscribers.delete(subscriber);
    subscriber.wake();
    subscriber.onLeft();
    if (subscribers.size > 0) return;
    controller.abort();
    stop(true);
  }

  function stop(handsOver: boolean): void {
    cancelTimer();
    turns.leave(handsOver);
    onOver();
  }

  const isOver = (): boolean => end !== null || subscribers.size === 0;

  const isFresh = (): boolean => latest !== null && now() < freshUntilMs && isRightKnown();
  const hasNews = ({ seen, hasLeft }: Subscriber): boolean =>
    hasLeft || end !== null || latest === null || seen !== version;

  async function next(subscriber: Subscriber): Promise<IteratorResult<Snapshot, undefined>> {
    if (!hasNews(subscriber)) {
      await new Promise<void>((resolve) => {
        subscriber.wake = resolve;
      });
    }
    const isDone = subscriber.hasLeft || (end && (end.kind === 'FAILED' || subscriber.seen === version));
    // A slow or a new subscriber gets no snapshot that is older than a poll would bring.
    if (!isDone && !isFresh()) await poll();
    return take(subscriber);
  }

  function take(subscriber: Subscriber): IteratorResult<Snapshot, undefined> {
    if (!subscriber.hasLeft) {
      if (end?.kind === 'FAILED') return fail(subscriber, end.error);
      if (latest && subscriber.seen !== version) {
        const isNew = subscriber.seen === 0;
        if (latest.staleBecause && !latest.current && isNew) return fail(subscriber, latest.staleBecause);
        subscriber.seen = version;
        return { done: false, value: isNew && latest.current ? { ...latest, parts: latest.current } : latest };
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

/** A fault says nothing about the run or the right to see it: the subscriptions go on. */
const isUpstreamFault = (error: unknown): error is GatewayError =>
  isOutage(error) || (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION');
