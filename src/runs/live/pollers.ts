/** Pollers of one kind, one for each viewer and name: opened for the first subscriber, and over when the last has left. */
import { isNotFound } from '../../upstream/errors.ts';
import type { TurnsOf } from '../ports.ts';
import { createAnswerLifetime, createCallBudget, type ReadContext } from '../read-context.ts';
import type { After } from '../timer.ts';
import { createLivePoller, type LivePoller, type Poll, type PollResult } from './live-poller.ts';
import type { LiveState, LiveStates } from './live-state.ts';
import type { CountSubscription } from './subscription-limit.ts';
import type { ViewerCache } from '../viewer-cache.ts';

/** The request that subscribed. */
export type Watcher = Pick<ReadContext, 'viewer' | 'requestId' | 'operationRecord'>;

export interface PollersOptions {
  readonly viewers: ViewerCache;
  readonly liveTtlMs: number;
  readonly maxUpstreamCalls: number;
  readonly countSubscription: CountSubscription;
  /** The turns of a poller, by what tells it from all others of this viewer. */
  readonly turnsOf: TurnsOf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

export interface Pollers<State, Reading> {
  /** `name` tells it from all others of this viewer, also from those of another kind. `open` is called where there is none. */
  of(watcher: Watcher, name: string, open: () => Polled<State, Reading>): LivePoller<State>;
  readonly count: number;
  /** The viewer's right is in doubt: all of its pollers poll now. */
  recheck(viewerId: string): void;
  close(): void;
}

/** What one poller reads. */
export interface Polled<State, Reading> {
  /** One poll, as an operation with a budget of its own. `latest` is null before the first. */
  read(operation: ReadContext, latest: State | null): Promise<Reading>;
  /** Called after a 404: true while the run is still expected to appear. */
  isAwaited?(): Promise<boolean>;
  /** Called when nobody watches any more, maybe during a poll. */
  end(): void;
}

/** What is awaited is asked for so often: a 404 is believed for as long. */
const AWAITED_EVERY_MS = 1000;

export function createPollers<State extends LiveState, Reading>(
  states: LiveStates<State, Reading>,
  { viewers, liveTtlMs, maxUpstreamCalls, turnsOf, now, after }: PollersOptions,
): Pollers<State, Reading> {
  /** By viewer that has any, and name. */
  const pollers = new Map<string, Map<string, LivePoller<State>>>();

  function open(
    { viewer, requestId, operationRecord }: Watcher,
    name: string,
    polled: Polled<State, Reading>,
  ): LivePoller<State> {
    async function readOnce({ signal, latest, isAnnounced: skipsLive }: Poll<State>): Promise<PollResult<Reading>> {
      const budget = createCallBudget(maxUpstreamCalls);
      const lifetime = createAnswerLifetime();
      const operation = { viewer, requestId, signal: () => signal, budget, lifetime, operationRecord, skipsLive };
      return { reading: await polled.read(operation, latest), untilMs: lifetime.untilMs };
    }

    async function readAwaited(poll: Poll<State>): Promise<PollResult<Reading>> {
      for (;;) {
        try {
          return await readOnce(poll);
        } catch (error) {
          // Without anybody who waits there is no pause either, and a 404 that is remembered would come at once, again and again.
          if (poll.signal.aborted || !isNotFound(error) || !(await polled.isAwaited?.())) throw error;
          await pause(AWAITED_EVERY_MS, poll.signal);
        }
      }
    }

    const poller = createLivePoller({
      states,
      joinTurns: turnsOf(viewer, name),
      read: readAwaited,
      isRightKnown: () => viewers.hasProvenRight(viewer),
      liveTtlMs,
      now,
      after,
      onOver() {
        if (own.get(name) !== poller) return;
        own.delete(name);
        if (own.size === 0) pollers.delete(viewer.id);
      },
      onLeft() {
        polled.end();
      },
    });
    const own = pollers.get(viewer.id) ?? new Map<string, LivePoller<State>>();
    pollers.set(viewer.id, own.set(name, poller));
    return poller;
  }

  /** Shorter where nobody waits any more. */
  function pause(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const cancel = after(ms, () => {
      resolve(undefined);
    });
    const stop = () => {
      cancel();
      resolve(undefined);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    return promise.finally(() => {
      signal.removeEventListener('abort', stop);
    });
  }

  return {
    of(watcher, name, polled) {
      return pollers.get(watcher.viewer.id)?.get(name) ?? open(watcher, name, polled());
    },
    get count() {
      let count = 0;
      for (const { size } of pollers.values()) count += size;
      return count;
    },
    recheck(viewerId) {
      for (const poller of pollers.get(viewerId)?.values() ?? []) poller.recheck();
    },
    close() {
      for (const own of [...pollers.values()]) for (const poller of [...own.values()]) poller.close();
    },
  };
}
