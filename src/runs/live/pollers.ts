/** Pollers of one kind, one per viewer and name. The first subscriber opens a poller, the last one ends it. */
import { isNotFound } from '../../upstream/errors.ts';
import { CallBudget, createAnswerLifetime, type ReadContext } from '../read-context.ts';
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
  /** Current time, in ms since 1970. */
  readonly now: () => number;
  readonly after: After;
}

export interface Pollers<State, Reading> {
  /**
   * Returns the poller of this name, which is unique per viewer in all kinds of pollers. Calls `open` if there is none.
   */
  of(watcher: Watcher, workflowId: string, name: string, open: () => Polled<State, Reading>): LivePoller<State>;
  readonly count: number;
  /** Makes the viewer's pollers of this workflow, or all of them, poll now: a right is in doubt. */
  recheck(viewerId: string, workflowId: string | null): void;
  close(): void;
}

/** Data source of one poller. */
export interface Polled<State, Reading> {
  /** Makes one poll, as an operation with its own budget. `latest` is null before the first. */
  read(operation: ReadContext, latest: State | null): Promise<Reading>;
  /** Called after a 404. True while the run is still expected to appear. */
  isAwaited?(): Promise<boolean>;
  /** Bytes that the state keeps in memory. They are reserved. */
  bytesOf(reading: Reading): number;
}

interface Opened<State> {
  readonly workflowId: string;
  readonly poller: LivePoller<State>;
}

/** Interval of polls for a run that is expected to appear. A 404 is cached for as long. */
const AWAITED_EVERY_MS = 1000;

export function createPollers<State extends LiveState, Reading>(
  states: LiveStates<State, Reading>,
  { viewers, liveTtlMs, maxUpstreamCalls, now, after }: PollersOptions,
): Pollers<State, Reading> {
  /** Pollers by viewer id and name. */
  const pollers = new Map<string, Map<string, Opened<State>>>();

  function open(
    { viewer, requestId, operationRecord }: Watcher,
    workflowId: string,
    name: string,
    polled: Polled<State, Reading>,
  ): LivePoller<State> {
    let reserved = 0;
    let hasEnded = false;

    function reserve(bytes: number): void {
      viewers.reserve(bytes - reserved);
      reserved = bytes;
    }

    async function readOnce({ signal, latest }: Poll<State>): Promise<PollResult<Reading>> {
      const budget = new CallBudget(maxUpstreamCalls);
      const lifetime = createAnswerLifetime();
      const operation = { viewer, requestId, signal: () => signal, budget, lifetime, operationRecord };
      const reading = await polled.read(operation, latest);
      if (!hasEnded) reserve(polled.bytesOf(reading));
      return { reading, untilMs: lifetime.untilMs };
    }

    async function readAwaited(poll: Poll<State>): Promise<PollResult<Reading>> {
      for (;;) {
        try {
          return await readOnce(poll);
        } catch (error) {
          // After an abort `pause` does not wait, so a cached 404 would repeat at once without end.
          if (poll.signal.aborted || !isNotFound(error) || !(await polled.isAwaited?.())) throw error;
          await pause(AWAITED_EVERY_MS, poll.signal);
        }
      }
    }

    const poller = createLivePoller({
      states,
      read: readAwaited,
      isRightKnown: () => viewers.hasProvenRight(viewer),
      liveTtlMs,
      now,
      after,
      onOver() {
        if (own.get(name) !== opened) return;
        own.delete(name);
        if (own.size === 0) pollers.delete(viewer.id);
      },
      onLeft() {
        hasEnded = true;
        reserve(0);
      },
    });
    const opened = { workflowId, poller };
    const own = pollers.get(viewer.id) ?? new Map<string, Opened<State>>();
    pollers.set(viewer.id, own.set(name, opened));
    return poller;
  }

  /** Resolves after `ms`, or as soon as `signal` fires. */
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
    of(watcher, workflowId, name, polled) {
      return pollers.get(watcher.viewer.id)?.get(name)?.poller ?? open(watcher, workflowId, name, polled());
    },
    get count() {
      let count = 0;
      for (const { size } of pollers.values()) count += size;
      return count;
    },
    recheck(viewerId, workflowId) {
      for (const opened of pollers.get(viewerId)?.values() ?? []) {
        if (workflowId === null || workflowId === opened.workflowId) opened.poller.recheck();
      }
    },
    close() {
      for (const own of [...pollers.values()]) for (const { poller } of [...own.values()]) poller.close();
    },
  };
}
