/** All that is cached of the upstream's answers, and what every operation reads it through. */
import type { Config } from '../config/config.ts';
import type { ContextSource } from '../graphql/context.ts';
import { createRunStarter } from '../runs/run-starter.ts';
import { createResourceCache, type ResourceCache } from '../runs/resource-cache.ts';
import { createLivePollers } from '../runs/live/live-pollers.ts';
import { createRunHistory } from '../runs/history/run-history.ts';
import { createRunStore } from '../runs/run-store.ts';
import { createCachePartitions, type CachePartitions } from '../runs/cache-partitions.ts';
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
  readonly partitions: CachePartitions<unknown>;
  readonly cache: ResourceCache;
  readonly contextSource: ContextSource;
  /** How many runs are being watched. */
  readonly pollers: () => number;
  close(): void;
}

export function createRuns({ config, upstream, now, after }: RunsOptions): Runs {
  const { liveTtlMs, settleMs, staleIfErrorMs, reauthIntervalMs, maxUpstreamCalls, maxSubscriptionsPerViewer } = config;
  const partitions = createCachePartitions<unknown>(config.cacheMaxBytes);
  const cache = createResourceCache({ partitions, liveTtlMs, staleIfErrorMs, reauthIntervalMs, now });
  const workflowStore = createWorkflowStore(upstream, cache, liveTtlMs);
  const offersRecords = config.upstreamEndpoints.has('run');
  const runStore = createRunStore({ upstream, cache, workflowStore, offersRecords, liveTtlMs, settleMs });
  const runHistory = createRunHistory({ upstream, cache, runStore, liveTtlMs });
  const runStarter = createRunStarter(upstream, cache);
  const livePollers = createLivePollers({
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
    partitions,
    cache,
    contextSource: { runStore, workflowStore, runHistory, livePollers, runStarter, maxUpstreamCalls, now },
    pollers: () => livePollers.pollers,
    close() {
      livePollers.close();
    },
  };
}
