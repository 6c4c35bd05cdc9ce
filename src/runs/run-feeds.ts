/** The feeds of all runs that are watched at this moment: one for each viewer, run and part of it that is read. */
import type { RunRef } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import { createRunLoaders, type RunNeeds } from './loaders.ts';
import { createAnswerLifetime, createCallBudget, type Operation } from './operation.ts';
import type { Reading } from './reading.ts';
import type { ResourceCache } from './resource-cache.ts';
import { createRunFeed, type RunFeed } from './run-feed.ts';
import type { RunStore } from './run-store.ts';
import type { After } from './timer.ts';
import type { Viewer } from './viewer.ts';
import { createWorkflowLoaders } from './workflow-loaders.ts';
import type { WorkflowStore } from './workflow-store.ts';

export interface RunFeeds {
  /** Throws RATE_LIMITED where the viewer watches as much as it may already. */
  watch(ref: RunRef, needs: RunNeeds, watcher: Watcher): AsyncIterableIterator<Reading, undefined>;
  /** How many runs are looked at again and again. */
  readonly pollers: number;
  close(): void;
}

/** The request that began to watch. */
export type Watcher = Pick<Operation, 'viewer' | 'requestId' | 'notes'>;

export interface RunFeedsOptions {
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

export function createRunFeeds(options: RunFeedsOptions): RunFeeds {
  const { runStore, workflowStore, cache, liveTtlMs, maxUpstreamCalls, maxSubscriptionsPerViewer, now, after } =
    options;
  const feeds = new Map<string, RunFeed>();
  const watching = new Map<string, number>();

  function open(key: string, ref: RunRef, needs: RunNeeds, { viewer, requestId, notes }: Watcher): RunFeed {
    const feed = createRunFeed({
      async read(signal) {
        const budget = createCallBudget(maxUpstreamCalls);
        const lifetime = createAnswerLifetime();
        const operation = { viewer, requestId, signal: () => signal, budget, lifetime, notes };
        const workflows = createWorkflowLoaders(workflowStore, operation);
        const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, needs);
        const isFinal = lifetime.untilMs === Infinity || runStore.derive(ref, parts, now()).freshness.isFinal;
        return { reading: { ref, parts, isFinal, standsInFor: null }, untilMs: lifetime.untilMs };
      },
      isRightKnown: () => now() < cache.rightUntil(viewer),
      liveTtlMs,
      now,
      after,
      onOver() {
        if (feeds.get(key) === feed) feeds.delete(key);
      },
    });
    feeds.set(key, feed);
    return feed;
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
    watch(ref, needs, watcher) {
      // The graph is read with each event, so for the poller it makes no difference.
      const part = needs === 'RECORD' ? 'RECORD' : 'STEPS';
      const key = `${watcher.viewer.id} ${part} ${ref.workflowId} ${ref.runId}`;
      const giveBack = takePlace(watcher.viewer);
      return (feeds.get(key) ?? open(key, ref, part, watcher)).watch(giveBack);
    },
    get pollers() {
      return feeds.size;
    },
    close() {
      for (const feed of [...feeds.values()]) feed.close();
    },
  };
}
