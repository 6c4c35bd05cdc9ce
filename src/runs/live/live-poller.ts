/**
 * Polls a run, or the runs of a workflow, for one viewer and all of its subscribers. A ready subscriber gets the latest
 * state and skips those in between, so none waits for a slower one.
 */
import { isUpstreamFault } from '../../upstream/errors.ts';
import type { After } from '../timer.ts';
import type { LiveState, LiveStates } from './live-state.ts';
import { createPullIterator } from './pull-iterator.ts';

export interface LivePoller<State> {
  /** Yields the current state, then each change until the final state. Throws the 401, 403 or 404 that ends it. */
  watch(onLeft: () => void): AsyncIterableIterator<State, undefined>;
  /** Subscribes a reader of several pollers. `onNews` is called on news; `next` then returns them. */
  subscribe(onLeft: () => void, onNews: () => void): Subscription<State>;
  /** Makes a poll due, since the viewer's right is in doubt. */
  recheck(): void;
  /** Completes all subscriptions. */
  close(): void;
}

export interface Subscription<State> {
  readonly hasNews: boolean;
  /** Call it if `hasNews` is true. */
  next(): Promise<IteratorResult<State, undefined>>;
  leave(): void;
}

export interface Poll<State> {
  readonly signal: AbortSignal;
  /** Null before the first poll. */
  readonly latest: State | null;
}

export interface PollResult<Reading> {
  readonly reading: Reading;
  /** Time until which another poll would bring nothing newer, in ms since 1970. */
  readonly untilMs: number;
}

export interface LivePollerOptions<State extends LiveState, Reading> {
  readonly states: LiveStates<State, Reading>;
  /** Reads through the run store: makes a call only if the cached parts are too old. */
  readonly read: (poll: Poll<State>) => Promise<PollResult<Reading>>;
  /** True while cached data may be shown to the viewer without a call. */
  readonly isRightKnown: () => boolean;
  readonly liveTtlMs: number;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
  readonly after: After;
  /** Called when the poller has ended or has no subscribers left. The next subscriber needs a new poller. */
  readonly onOver: () => void;
  /** Called when the last subscriber has left and the state is not read any more. */
  readonly onLeft?: () => void;
}

/** Shortest interval, even if LIVE_TTL_MS is shorter. */
const MIN_POLL_MS = 100;
/** Longest interval, in multiples of LIVE_TTL_MS. Each poll without a change makes the interval longer. */
const MAX_SLOWDOWN = 5;

interface Subscriber {
  /** Sequence number of the latest state returned. 0 before the first. */
  seen: number;
  readonly onNews: () => void;
  hasLeft: boolean;
  readonly onLeft: () => void;
}

type End = { readonly kind: 'COMPLETE' } | { readonly kind: 'FAILED'; readonly error: unknown };

export function createLivePoller<State extends LiveState, Reading>(
  options: LivePollerOptions<State, Reading>,
): LivePoller<State> {
  const { states, read, isRightKnown, liveTtlMs, now, after, onOver, onLeft } = options;
  const intervalMs = Math.max(liveTtlMs, MIN_POLL_MS);
  const subscribers = new Set<Subscriber>();
  const controller = new AbortController();
  let latest: State | null = null;
  let freshUntilMs = -Infinity;
  let nextDueMs = 0;
  /** Time of the latest poll. Null before the first, which a subscriber makes. */
  let polledAtMs: number | null = null;
  let unchangedPolls = 0;
  let end: End | null = null;
  let polling: Promise<void> | null = null;
  /** True if the right is in doubt. A poll in progress may have been sent before the right was withdrawn. */
  let isInDoubt = false;
  /** Time of the latest poll because of a doubt. Repeated denials cause no more polls than changes do. */
  let doubtedAtMs = -Infinity;
  let cancelTimer = (): void => undefined;

  /** Single flight: concurrent callers share one poll. */
  function poll(): Promise<void> {
    return (polling ??= pollOnce().finally(() => {
      polling = null;
      polledAtMs = now();
      schedule();
    }));
  }

  async function pollOnce(): Promise<void> {
    if (isInDoubt) doubtedAtMs = now();
    isInDoubt = false;
    try {
      const { reading, untilMs } = await read({ signal: controller.signal, latest });
      const state = await states.follow(latest, reading);
      accept(state, states.isWhole(state) ? untilMs : now() + intervalMs);
    } catch (error) {
      const state = isUpstreamFault(error) ? states.afterFault(latest, error) : null;
      if (state) accept(state, now() + intervalMs);
      else finish({ kind: 'FAILED', error });
    }
  }

  function accept(state: State, untilMs: number): void {
    freshUntilMs = untilMs;
    nextDueMs = states.dueMs(state, untilMs, liveTtlMs);
    if (latest?.sequence !== state.sequence) {
      unchangedPolls = 0;
      latest = state;
    } else if (states.isStale(state) || !states.isSameFetch(latest, state)) {
      unchangedPolls += 1;
      latest = state;
    }
    if (states.isFinal(state)) finish({ kind: 'COMPLETE' });
    for (const subscriber of subscribers) if (subscriber.seen !== state.sequence) subscriber.onNews();
  }

  function schedule(): void {
    if (isOver() || polling || polledAtMs === null) return;
    cancelTimer();
    const pauses = Math.min(unchangedPolls, MAX_SLOWDOWN - 1);
    const doubtDueMs = isInDoubt ? doubtedAtMs + intervalMs : Infinity;
    const nextMs = Math.min(doubtDueMs, nextDueMs + intervalMs * pauses);
    cancelTimer = after(Math.max(0, polledAtMs + MIN_POLL_MS - now(), nextMs - now()), () => void poll());
  }

  function finish(how: End): void {
    // A failure after completion still counts: a slow subscriber may not have read the final snapshot yet.
    if (end && how.kind === 'COMPLETE') return;
    end = how;
    stop();
    for (const subscriber of subscribers) subscriber.onNews();
  }

  function leave(subscriber: Subscriber): void {
    if (subscriber.hasLeft) return;
    subscriber.hasLeft = true;
    subscribers.delete(subscriber);
    subscriber.onNews();
    subscriber.onLeft();
    if (subscribers.size > 0) return;
    controller.abort();
    stop();
    onLeft?.();
  }

  function stop(): void {
    cancelTimer();
    onOver();
  }

  const isOver = (): boolean => end !== null || subscribers.size === 0;

  const isFresh = (): boolean => now() < freshUntilMs && isRightKnown();
  const hasNews = ({ seen, hasLeft }: Subscriber): boolean => hasLeft || end !== null || seen !== latest?.sequence;

  async function next(subscriber: Subscriber): Promise<IteratorResult<State, undefined>> {
    const isDone = subscriber.hasLeft || (end && (end.kind === 'FAILED' || subscriber.seen === latest?.sequence));
    // A slow or new subscriber must not get a state older than a poll would bring.
    if (!isDone && !isFresh()) await poll();
    return take(subscriber);
  }

  function take(subscriber: Subscriber): IteratorResult<State, undefined> {
    try {
      if (!subscriber.hasLeft) {
        if (end?.kind === 'FAILED') throw end.error;
        if (latest && subscriber.seen !== latest.sequence) {
          const value = subscriber.seen === 0 ? states.forNewcomer(latest) : latest;
          subscriber.seen = latest.sequence;
          return { done: false, value };
        }
      }
    } catch (error) {
      leave(subscriber);
      throw error;
    }
    leave(subscriber);
    return { done: true, value: undefined };
  }

  function subscribe(onLeft: () => void, onNews: () => void): Subscription<State> {
    const subscriber: Subscriber = { seen: 0, onNews, hasLeft: false, onLeft };
    subscribers.add(subscriber);
    return {
      get hasNews() {
        return hasNews(subscriber);
      },
      next: () => next(subscriber),
      leave() {
        leave(subscriber);
      },
    };
  }

  return {
    subscribe,
    watch(onLeft) {
      let wake = (): void => undefined;
      const subscription = subscribe(onLeft, () => {
        wake();
      });
      const news = () =>
        new Promise<void>((resolve) => {
          wake = resolve;
        });
      return createPullIterator({
        async next() {
          if (!subscription.hasNews) await news();
          return subscription.next();
        },
        end() {
          subscription.leave();
        },
      });
    },
    recheck() {
      isInDoubt = true;
      schedule();
    },
    close() {
      for (const subscriber of [...subscribers]) leave(subscriber);
    },
  };
}
