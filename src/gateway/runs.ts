/** All that is held of the upstream's answers, and what every operation reads it through. */
import type { Config } from '../config.ts';
import type { ContextSource } from '../graphql/context.ts';
import { createExecution } from '../runs/execution.ts';
import { createResourceCache, type ResourceCache } from '../runs/resource-cache.ts';
import { createRunFeeds } from '../runs/run-feeds.ts';
import { createRunHistory } from '../runs/run-history.ts';
import { createRunStore } from '../runs/run-store.ts';
import { createShelves, type Shelves } from '../runs/shelves.ts';
import type { After } from '../runs/timer.ts';
import { createWorkflowStore } from '../runs/workflow-store.ts';
import type { UpstreamApi } from '../upstream/client.ts';

export interface RunsOptions {
  readonly config: Config;
  readonly upstream: UpstreamApi;
  readonly now: () => number;
  readonly after: After;
}

export interface Runs {
  readonly shelves: Shelves<unknown>;
  readonly cache: ResourceCache;
  readonly contextSource: ContextSource;
  /** How many runs are being watched. */
  readonly pollers: () => number;
  close(): void;
}

export function createRuns({ config, upstream, now, after }: RunsOptions): Runs {
  const { liveTtlMs, settleMs, staleIfErrorMs, reauthIntervalMs, maxUpstreamCalls, maxSubscriptionsPerViewer } = config;
  const shelves = createShelves<unknown>(config.cacheMaxBytes);
  const cache = createResourceCache({ shelves, liveTtlMs, staleIfErrorMs, reauthIntervalMs, now });
  const workflowStore = createWorkflowStore(upstream, cache, liveTtlMs);
  const offersRecords = config.upstreamEndpoints.has('run');
  const runStore = createRunStore({ upstream, cache, workflowStore, offersRecords, liveTtlMs, settleMs });
  const runHistory = createRunHistory({ upstream, cache, runStore, liveTtlMs });
  const execution = createExecution(upstream, cache);
  const runFeeds = createRunFeeds({
    runStore,
    workflowStore,
    cache,
    liveTtlMs,
    maxUpstreamCalls,
    maxSubscriptionsPerViewer,
    now,
    after,
  });
  return {
    shelves,
    cache,
    contextSource: { runStore, workflowStore, runHistory, runFeeds, execution, maxUpstreamCalls, now },
    pollers: () => runFeeds.pollers,
    close() {
      runFeeds.close();
    },
  };
}
