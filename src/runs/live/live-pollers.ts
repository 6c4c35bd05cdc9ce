/** The pollers of all runs that are watched at this moment: one for each viewer, run and part of it that is read. */
import type { RunRef } from '../../upstream/client.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { createRunLoaders, type DataRequirement } from '../loaders/run-loaders.ts';
import { createAnswerLifetime, createCallBudget, type Operation } from '../operation.ts';
import type { Snapshot } from './snapshot.ts';
import type { ResourceCache } from '../resource-cache.ts';
import { createLivePoller, type LivePoller } from './live-poller.ts';
import type { RunStore } from '../run-store.ts';
import type { After } from '../timer.ts';
import type { Viewer } from '../viewer.ts';
import { createWorkflowLoaders } from '../loaders/workflow-loaders.ts';
import type { WorkflowStore } from '../workflow-store.ts';

export interface LivePollers {
  /** Throws RATE_LIMITED where the viewer watches as much as it may already. */
  watch(ref: RunRef, requirement: DataRequirement, watcher: Watcher): AsyncIterableIterator<Snapshot, undefined>;
  /** How many runs are looked at again and again. */
  readonly pollers: number;
  close(): void;
}

/** The request that began to watch. */
export type Watcher = Pick<Operation, 'viewer' | 'requestId' | 'operationRecord'>;

export interface LivePollersOptions {
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
  readonly cache: Pick<ResourceCache, 'rightUntil'>;
  readonly liveTtlMs: number;
  readonly maxUpstreamCalls: number;
  readonly maxSubscriptionsPerViewer: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

export function createLivePollers(options: LivePollersOptions): LivePollers {
  const { runStore, workflowStore, cache, liveTtlMs, maxUpstreamCalls, maxSubscriptionsPerViewer, now, after } =
    options;
  const pollers = new Map<string, LivePoller>();
  const watching = new Map<string, number>();

  function open(
    key: string,
    ref: RunRef,
    requirement: DataRequirement,
    { viewer, requestId, operationRecord }: Watcher,
  ): LivePoller {
    const poller = createLivePoller({
      async read(signal) {
        const budget = createCallBudget(maxUpstreamCalls);
        const lifetime = createAnswerLifetime();
        const operation = { viewer, requestId, signal: () => signal, budget, lifetime, operationRecord };
        const workflows = createWorkflowLoaders(workflowStore, operation);
        const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, requirement);
        const isFinal = lifetime.untilMs === Infinity || runStore.derive(ref, parts, now()).freshness.isFinal;
        return { snapshot: { ref, parts, isFinal, staleBecause: null }, untilMs: lifetime.untilMs };
      },
      isRightKnown: () => now() < cache.rightUntil(viewer),
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

  /** Answers how to give the place back. */
  function takePlace({ id }: Viewer): () => void {
    const count = watching.get(id) ?? 0;
    if (count >= maxSubscriptionsPerViewer) {
      const message = `one key may watch ${maxSubscriptionsPerViewer} runs at once, and this one does already`;
      throw new GatewayError('RATE_LIMITED', message);
    }
    watching.set(id, count + 1);
    return () => {
      const left = (watching.get(id) ?? 1) - 1;
      if (left > 0) watching.set(id, left);
      else watching.delete(id);
    };
  }

  return {
    watch(ref, requirement, watcher) {
      // The graph is read with each event, so for the poller it makes no difference.
      const part = requirement === 'RECORD' ? 'RECORD' : 'STEPS';
      const key = `${watcher.viewer.id} ${part} ${ref.workflowId} ${ref.runId}`;
      const giveBack = takePlace(watcher.viewer);
      return (pollers.get(key) ?? open(key, ref, part, watcher)).watch(giveBack);
    },
    get pollers() {
      return pollers.size;
    },
    close() {
      for (const poller of [...pollers.values()]) poller.close();
    },
  };
}
