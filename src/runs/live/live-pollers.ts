/** The pollers of all runs that are watched: one for each viewer, run and data requirement. */
import type { RunRef } from '../../upstream/client.ts';
import { checkRef, refKey } from '../../upstream/ids.ts';
import { createRunLoaders, type DataRequirement } from '../loaders/run-loaders.ts';
import { createAnswerLifetime, createCallBudget, type Operation } from '../operation.ts';
import { runStates, type Snapshot } from './snapshot.ts';
import type { CountSubscription } from './subscription-limit.ts';
import type { ResourceCache } from '../resource-cache.ts';
import { createLivePoller, type LivePoller } from './live-poller.ts';
import type { JoinTurns, TurnsOf } from './turns.ts';
import type { RunStore } from '../run-store.ts';
import type { After } from '../timer.ts';
import { createWorkflowLoaders } from '../loaders/workflow-loaders.ts';
import type { WorkflowStore } from '../workflow-store.ts';

export interface LivePollers {
  /** Throws RATE_LIMITED where the viewer has as many subscriptions as it may. */
  watch(ref: RunRef, requirement: DataRequirement, watcher: Watcher): AsyncIterableIterator<Snapshot, undefined>;
  /** The number of pollers. */
  readonly pollers: number;
  close(): void;
}

/** The request that subscribed. */
export type Watcher = Pick<Operation, 'viewer' | 'requestId' | 'operationRecord'>;

export interface LivePollersOptions {
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
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

export function createLivePollers(options: LivePollersOptions): LivePollers {
  const { runStore, workflowStore, cache, liveTtlMs, maxUpstreamCalls, countSubscription, turnsOf, now, after } =
    options;
  const pollers = new Map<string, LivePoller<Snapshot>>();

  function open(
    key: string,
    joinTurns: JoinTurns,
    ref: RunRef,
    requirement: DataRequirement,
    { viewer, requestId, operationRecord }: Watcher,
  ): LivePoller<Snapshot> {
    const poller = createLivePoller({
      states: runStates,
      joinTurns,
      async read({ signal, isAnnounced: skipsLive }) {
        const budget = createCallBudget(maxUpstreamCalls);
        const lifetime = createAnswerLifetime();
        const operation = { viewer, requestId, signal: () => signal, budget, lifetime, operationRecord, skipsLive };
        const workflows = createWorkflowLoaders(workflowStore, operation);
        const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, requirement);
        const isFinal =
          !parts.stepsError && (lifetime.untilMs === Infinity || runStore.derive(ref, parts, now()).freshness.isFinal);
        return { reading: { ref, parts, isFinal, staleBecause: null, current: null }, untilMs: lifetime.untilMs };
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
    watch(given, requirement, watcher) {
      const ref = checkRef(given);
      // The graph is read for each event, not by the poller.
      const polled = requirement === 'RECORD' ? 'RECORD' : 'STEPS';
      const { viewer } = watcher;
      const runKey = `${polled} ${refKey(ref)}`;
      const key = `${viewer.id} ${runKey}`;
      const onLeft = countSubscription(viewer);
      const poller = pollers.get(key) ?? open(key, turnsOf(viewer, runKey), ref, polled, watcher);
      return poller.watch(onLeft);
    },
    get pollers() {
      return pollers.size;
    },
    close() {
      for (const poller of [...pollers.values()]) poller.close();
    },
  };
}
