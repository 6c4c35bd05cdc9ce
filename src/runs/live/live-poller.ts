/**
 * Polls one thing (a run, or the runs of a workflow) for one viewer, once for all subscribers. A subscriber that is ready gets the latest
 * state: those in between are skipped, and no subscriber waits for a slower one. In a fleet the poller whose turn it is polls; the others
 * read what it announces.
 */
import { isUpstreamFault } from '../../upstream/errors.ts';
import type { JoinTurns } from '../ports.ts';
import type { After } from '../timer.ts';
import type { LiveState, LiveStates } from './live-state.ts';
import { createPullIterator } from './pull-iterator.ts';

export interface LivePoller<State> {
  /** The current state at once, then each change, until the final one. Throws what ends it: 401, 403 or 404. */
  watch(onLeft: () => void): AsyncIterableIterator<State, undefined>;
  /** The same for a subscriber who waits for several pollers: it is told of news, and then asks for them. */
  subscribe(onLeft: () => void, onNews: () => void): Subscription<State>;
  /** The viewer's right is in doubt: a poll is due, whoever's turn it is. */
  recheck(): void;
  /** Completes all subscriptions. */
  close(): void;
}

export interface Subscription<State> {
  readonly hasNews: boolean;
  /** To be called where there are news. */
  next(): Promise<IteratorResult<State, undefined>>;
  leave(): void;
}

export interface Poll<State> {
  readonly signal: AbortSignal;
  /** Null before the first. */
  readonly latest: State | null;
  /** Another gateway has something newer than this one may have cached. */
  readonly isAnnounced: boolean;
}

export interface PollResult<Reading> {
  readonly reading: Reading;
  /** Until then another poll would bring nothing newer. */
  readonly untilMs: number;
}

export interface LivePollerOptions<State extends LiveState, Reading> {
  readonly states: LiveStates<State, Reading>;
  readonly joinTurns: JoinTurns;
  /** Reads through the run store: it costs a call only when the cached parts are too old. */
  readonly read: (poll: Poll<State>) => Promise<PollResult<Reading>>;
  /** True while cached data may be shown to the viewer without a call. */
  readonly isRightKnown: () => boolean;
  readonly liveTtlMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
  /** Called when it has ended or has no subscribers left: the next subscriber needs another poller. */
  readonly onOver: () => void;
  /** Called when the last subscriber has left: nobody reads its state any more. */
  readonly onLeft?: () => void;
}

/** The shortest interval, also where LIVE_TTL_MS is shorter. */
const MIN_POLL_MS = 100;
/** Each poll without a change makes the interval longer, up to this many times LIVE_TTL_MS. */
const MAX_SLOWDOWN = 5;

/** How many times LIVE_TTL_MS an announcement may be late. Then it is lost, or the gateway that polls is wedged. */
const MAX_SILENCE = 2;

interface Subscriber {
  /** The sequence number of the state that it was given last; 0 before the first. */
  seen: number;
  readonly onNews: () => void;
  hasLeft: boolean;
  readonly onLeft: () => void;
}

type End = { readonly kind: 'COMPLETE' } | { readonly kind: 'FAILED'; readonly error: unknown };

export function createLivePoller<State extends LiveState, Reading>(
  options: LivePollerOptions<State, Reading>,
): LivePoller<State> {
  const { states, joinTurns, read, isRightKnown, liveTtlMs, now, after, onOver, onLeft } = options;
  const intervalMs = Math.max(liveTtlMs, MIN_POLL_MS);
  const subscribers = new Set<Subscriber>();
  const controller = new AbortController();
  let latest: State | null = null;
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
  /** The same for a doubt: that poll may have been sent before the right was withdrawn. */
  let isInDoubt = false;
  /** When a doubt last caused a poll: whoever is denied again and again causes no more polls than changes do. */
  let doubtedAtMs = -Infinity;
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
    return (polling ??= pollOnce().finally(() => {
      polling = null;
      polledAtMs = now();
      schedule();
    }));
  }

  async function pollOnce(): Promise<void> {
    const startedAt = now();
    const wasAnnounced = isAnnounced;
    if (isInDoubt) doubtedAtMs = startedAt;
    isAnnounced = isInDoubt = false;
    try {
      const { reading, untilMs } = await read({ signal: controller.signal, latest, isAnnounced: wasAnnounced });
      const state = await states.follow(latest, reading);
      accept(state, states.isWhole(state) ? untilMs : now() + intervalMs, wasAnnounced);
      if (!wasAnnounced && (turns.areOurs || states.requestedAt(state) >= startedAt)) turns.announce();
    } catch (error) {
      if (!wasAnnounced && (turns.areOurs || !isUpstreamFault(error))) turns.announce();
      const state = isUpstreamFault(error) ? states.afterFault(latest, error) : null;
      if (state) accept(state, now() + intervalMs, wasAnnounced);
      else finish({ kind: 'FAILED', error });
    }
  }

  function accept(state: State, untilMs: number, wasAnnounced: boolean): void {
    freshUntilMs = untilMs;
    nextDueMs = states.dueMs(state, untilMs, liveTtlMs);
    if (latest?.sequence !== state.sequence) {
      unchangedPolls = 0;
      latest = state;
    } else if (states.isStale(state) || !states.isSameFetch(latest, state)) {
      // Who polls counts polls, and not also what others announce of them.
      if (!wasAnnounced || !turns.areOurs) unchangedPolls += 1;
      latest = state;
    }
    if (states.isFinal(state)) finish({ kind: 'COMPLETE' });
    for (const subscriber of subscribers) if (subscriber.seen !== state.sequence) subscriber.onNews();
  }

  function schedule(): void {
    if (isOver() || polling || polledAtMs === null) return;
    cancelTimer();
    const pauses = Math.min(unchangedPolls, MAX_SLOWDOWN - 1) + (turns.areOurs ? 0 : MAX_SILENCE);
    const doubtDueMs = isInDoubt ? doubtedAtMs + intervalMs : Infinity;
    const nextMs = isAnnounced ? 0 : Math.min(doubtDueMs, nextDueMs + intervalMs * pauses);
    cancelTimer = after(Math.max(0, polledAtMs + MIN_POLL_MS - now(), nextMs - now()), () => void poll());
  }

  function finish(how: End): void {
    // A failure after completion still counts: a slow subscriber may not have read the final snapshot yet.
    if (end && how.kind === 'COMPLETE') return;
    end = how;
    // The others have heard of it, and end as well.
    stop(false);
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
    stop(true);
    onLeft?.();
  }

  function stop(handsOver: boolean): void {
    cancelTimer();
    turns.leave(handsOver);
    onOver();
  }

  const isOver = (): boolean => end !== null || subscribers.size === 0;

  const isFresh = (): boolean => now() < freshUntilMs && isRightKnown();
  const hasNews = ({ seen, hasLeft }: Subscriber): boolean => hasLeft || end !== null || seen !== latest?.sequence;

  async function next(subscriber: Subscriber): Promise<IteratorResult<State, undefined>> {
    const isDone = subscriber.hasLeft || (end && (end.kind === 'FAILED' || subscriber.seen === latest?.sequence));
    // A slow or a new subscriber gets no state that is older than a poll would bring.
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
