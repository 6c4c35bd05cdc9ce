/** Everything that is cached of the upstream's answers, and what every operation reads it through. */
import type { Config } from '../config/config.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import { createCachePartitions } from './cache-partitions.ts';
import { createRecentRuns } from './history/recent-runs.ts';
import { createRunHistory } from './history/run-history.ts';
import { createIdempotentStarts } from './starts/idempotent-starts.ts';
import { createLivePollers } from './live/live-pollers.ts';
import { createSubscriptionLimit } from './live/subscription-limit.ts';
import { createWorkflowPollers } from './live/workflow-pollers.ts';
import { joinNobody, type SharedPorts } from './ports.ts';
import { createResourceCache } from './resource-cache.ts';
import { createRunStarter } from './starts/run-starter.ts';
import { createRunStore } from './run-store.ts';
import { createStartedRuns } from './starts/started-runs.ts';
import type { After, Clock } from './timer.ts';
import { createWorkflowStore } from './workflow-store.ts';

export interface RunsOptions extends Clock {
  readonly config: Config;
  readonly upstream: UpstreamApi;
  /** True where the gateway itself verifies credentials. */
  readonly isVerified: boolean;
  /** Null: a gateway that shares nothing. */
  readonly shared: SharedPorts | null;
  readonly after: After;
}

export type Runs = ReturnType<typeof createRuns>;

export function createRuns({ config, upstream, isVerified, shared, now, wallOf, after }: RunsOptions) {
  const { liveTtlMs, settleMs, staleIfErrorMs, reauthIntervalMs, maxUpstreamCalls, maxSubscriptionsPerViewer } = config;
  const partitions = createCachePartitions<unknown>(config.cacheMaxBytes - documentBytes(config), (viewerId) => {
    // What HTTP refuses from now on, open subscriptions are refused as well.
    for (const pollers of [livePollers, workflowPollers]) pollers.recheck(viewerId);
  });
  shared?.answers.onWithdrawn((viewerId) => {
    partitions.drop(viewerId);
  });
  const cache = createResourceCache({
    ...{ partitions, liveTtlMs, staleIfErrorMs, reauthIntervalMs, isVerified, shared: shared?.answers ?? null, now },
  });
  const workflowStore = createWorkflowStore(upstream, cache, liveTtlMs);
  const offersRecords = config.upstreamEndpoints.has('run');
  const runStore = createRunStore({ upstream, cache, workflowStore, offersRecords, liveTtlMs, settleMs, wallOf });
  const runHistory = createRunHistory({ upstream, cache, runStore, liveTtlMs });
  const polling = {
    cache,
    liveTtlMs,
    maxUpstreamCalls,
    countSubscription: createSubscriptionLimit(maxSubscriptionsPerViewer),
    turnsOf: shared?.turnsOf ?? (() => joinNobody),
    now,
    after,
  };
  const idempotentStarts = shared?.starts ?? createIdempotentStarts({ now });
  const startedRuns = createStartedRuns({ shared: shared?.starts ?? null, now });
  const livePollers = createLivePollers({ runStore, workflowStore, startedRuns, ...polling });
  const workflowPollers = createWorkflowPollers({ runHistory, ...polling });
  return {
    partitions,
    cache,
    workflowStore,
    runStore,
    runHistory,
    recentRuns: createRecentRuns(runHistory),
    livePollers,
    workflowPollers,
    runStarter: createRunStarter(upstream, cache, idempotentStarts, startedRuns),
  };
}

const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;

/** The part of CACHE_MAX_BYTES that goes to operation documents, compiled queries and registered operations. */
export const documentBytes = ({ cacheMaxBytes }: Pick<Config, 'cacheMaxBytes'>): number =>
  Math.min(MAX_DOCUMENT_BYTES, Math.floor(cacheMaxBytes / 16));

/** For requests under way and answers that clients have not yet taken. Not a part of CACHE_MAX_BYTES. */
export const MAX_CLIENT_BYTES = 24 * 2 ** 20;
