/**
 * Watched data of one viewer: a run, or the runs of a workflow. It is polled once for all its readers. A reader keeps
 * the sequence number of the state that it has seen, and gets the latest one, so none waits for a slower one.
 */
import { isUpstreamFault, type GatewayError } from '../../upstream/errors.ts';
import type { After } from '../../runtime/clock.ts';

export interface LiveState {
  /** Starts at 1, and grows with each change, and only then. */
  readonly sequence: number;
}

/** `Reading` is the result of one poll. */
export interface LiveStates<State extends LiveState, Reading> {
  /** Returns the state after `latest`, which is null for the first one. */
  follow(latest: State | null, reading: Reading): State | Promise<State>;
  /** Returns the state while the upstream fails, or null to end the topic with the error. */
  afterFault(latest: State | null, error: GatewayError): State | null;
  /** Returns the state for a new reader. Throws if there is none for it. */
  forNewcomer(state: State): State;
  /** Whether both come from the same upstream calls. */
  isSameFetch(one: State, another: State): boolean;
  /** Whether the upstream responded and no part is missing or stale. */
  isWhole(state: State): boolean;
  /** Whether the state will never change. */
  isFinal(state: State): boolean;
  /** Time of the next poll, in ms since 1970. A poll before `untilMs` would bring nothing newer. */
  dueMs(state: State, untilMs: number, liveTtlMs: number): number;
}

export interface Topic<State> {
  /** Whether `next` returns without waiting for a change. `seen` is the sequence of the reader's latest state, or 0. */
  hasNews(seen: number): boolean;
  /** Returns the latest state, or undefined after the final one. Throws the 401, 403 or 404 that ends the topic. */
  next(seen: number): Promise<State | undefined>;
  /** Adds a reader. Returns the function that removes it; the last one ends the topic. */
  join(onNews: () => void): () => void;
  /** Makes a poll due, because the viewer's right is in doubt. */
  recheck(): void;
  /** Ends the topic for all readers. */
  close(): void;
}

export interface PollResult<Reading> {
  readonly reading: Reading;
  /** Time until which another poll would bring nothing newer, in ms since 1970. */
  readonly untilMs: number;
}

export interface TopicOptions<State extends LiveState, Reading> {
  readonly states: LiveStates<State, Reading>;
  /** Reads through the run store, which makes a call only if the cached parts are too old. */
  readonly read: (latest: State | null, signal: AbortSignal) => Promise<PollResult<Reading>>;
  /** Whether cached data may be shown to the viewer without a call. */
  readonly isRightKnown: () => boolean;
  readonly liveTtlMs: number;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
  readonly after: After;
  /** Called when the topic has ended or lost its readers. The next reader needs a new topic. */
  readonly onOver: () => void;
  /** Called when the last reader has left and the state is no longer read. */
  readonly onLeft: () => void;
}

/** Shortest interval, even if LIVE_TTL_MS is shorter. */
const MIN_POLL_MS = 100;
/** Longest interval, in multiples of LIVE_TTL_MS. Each poll without a change lengthens the interval. */
const MAX_SLOWDOWN = 5;

type End = { readonly kind: 'COMPLETE' | 'CLOSED' } | { readonly kind: 'FAILED'; readonly error: unknown };

export function createTopic<State extends LiveState, Reading>(options: TopicOptions<State, Reading>): Topic<State> {
  const { states, read, isRightKnown, liveTtlMs, now, after, onOver, onLeft } = options;
  const intervalMs = Math.max(liveTtlMs, MIN_POLL_MS);
  const readers = new Set<() => void>();
  const controller = new AbortController();
  let latest: State | null = null;
  let freshUntilMs = -Infinity;
  let nextDueMs = 0;
  /** Time of the latest poll, or null before the first, which a reader makes. */
  let polledAtMs: number | null = null;
  let unchangedPolls = 0;
  let end: End | null = null;
  let polling: Promise<void> | null = null;
  /** Whether the right is in doubt. A poll in progress may have been sent before the right was withdrawn. */
  let isInDoubt = false;
  /** Time of the latest poll due to a doubt. Repeated denials cause no more polls than changes do. */
  let doubtedAtMs = -Infinity;
  let cancelTimer = (): void => undefined;

  const notify = (): void => {
    for (const onNews of readers) onNews();
  };

  /** Concurrent callers share one poll. */
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
      const { reading, untilMs } = await read(latest, controller.signal);
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
    const before = latest;
    if (before?.sequence !== state.sequence) {
      unchangedPolls = 0;
      latest = state;
    } else if (!states.isWhole(state) || !states.isSameFetch(before, state)) {
      unchangedPolls += 1;
      latest = state;
    }
    if (states.isFinal(state)) finish({ kind: 'COMPLETE' });
    else if (before?.sequence !== state.sequence) notify();
  }

  function schedule(): void {
    if (end || readers.size === 0 || polling || polledAtMs === null) return;
    cancelTimer();
    const pauses = Math.min(unchangedPolls, MAX_SLOWDOWN - 1);
    const doubtDueMs = isInDoubt ? doubtedAtMs + intervalMs : Infinity;
    const nextMs = Math.min(doubtDueMs, nextDueMs + intervalMs * pauses);
    cancelTimer = after(Math.max(0, polledAtMs + MIN_POLL_MS - now(), nextMs - now()), () => void poll());
  }

  function finish(how: End): void {
    // A failure after completion still counts, because a slow reader may not have read the final state yet.
    if (end && how.kind === 'COMPLETE') return;
    end = how;
    stop();
    notify();
  }

  function stop(): void {
    cancelTimer();
    onOver();
  }

  return {
    hasNews: (seen) => end !== null || seen !== latest?.sequence,
    async next(seen) {
      const isDone = end !== null && (end.kind !== 'COMPLETE' || seen === latest?.sequence);
      // A slow or new reader must not get a state older than a poll would bring.
      if (!isDone && !(now() < freshUntilMs && isRightKnown())) await poll();
      if (end?.kind === 'FAILED') throw end.error;
      if (end?.kind === 'CLOSED' || !latest || seen === latest.sequence) return undefined;
      return seen === 0 ? states.forNewcomer(latest) : latest;
    },
    join(onNews) {
      readers.add(onNews);
      return () => {
        if (!readers.delete(onNews) || readers.size > 0) return;
        controller.abort();
        stop();
        onLeft();
      };
    },
    recheck() {
      isInDoubt = true;
      schedule();
    },
    close() {
      finish({ kind: 'CLOSED' });
    },
  };
}
