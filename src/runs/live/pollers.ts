/** Pollers of one kind, one for each viewer and name: opened for the first subscriber, and over when the last has left. */
import { createAnswerLifetime, createCallBudget, type Operation } from '../operation.ts';
import type { ResourceCache } from '../resource-cache.ts';
import type { After } from '../timer.ts';
import { createLivePoller, type LivePoller } from './live-poller.ts';
import type { LiveState, LiveStates } from './live-state.ts';
import type { CountSubscription } from './subscription-limit.ts';
import type { TurnsOf } from './turns.ts';

/** The request that subscribed. */
export type Watcher = Pick<Operation, 'viewer' | 'requestId' | 'operationRecord'>;

export interface PollersOptions {
  readonly cache: Pick<ResourceCache, 'hasProvenRight'>;
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
  /** `name` tells it from all others of this viewer, also from those of another kind. */
  of(watcher: Watcher, name: string, read: Read<State, Reading>): LivePoller<State>;
  readonly count: number;
  close(): void;
}

/** One poll, as an operation with a budget of its own. `latest` is null before the first. */
export type Read<State, Reading> = (operation: Operation, latest: State | null) => Promise<Reading>;

export function createPollers<State extends LiveState, Reading>(
  states: LiveStates<State, Reading>,
  { cache, liveTtlMs, maxUpstreamCalls, turnsOf, now, after }: PollersOptions,
): Pollers<State, Reading> {
  const pollers = new Map<string, LivePoller<State>>();

  function open(
    key: string,
    { viewer, requestId, operationRecord }: Watcher,
    name: string,
    read: Read<State, Reading>,
  ): LivePoller<State> {
    const poller = createLivePoller({
      states,
      joinTurns: turnsOf(viewer, name),
      async read({ signal, latest, isAnnounced: skipsLive }) {
        const budget = createCallBudget(maxUpstreamCalls);
        const lifetime = createAnswerLifetime();
        const operation = { viewer, requestId, signal: () => signal, budget, lifetime, operationRecord, skipsLive };
        return { reading: await read(operation, latest), untilMs: lifetime.untilMs };
      },
      isRightKnown: () => cache.hasProvenRight(viewer),
      liveTtlMs,
      now,
      after,
      onOver() {
        if (pollers.get(key) === poller) pollers.delete(key);
      },
    });
    pollers.set(key, poller);
    return poller;
  }

  return {
    of(watcher, name, read) {
      const key = `${watcher.viewer.id} ${name}`;
      return pollers.get(key) ?? open(key, watcher, name, read);
    },
    get count() {
      return pollers.size;
    },
    close() {
      for (const poller of [...pollers.values()]) poller.close();
    },
  };
}
