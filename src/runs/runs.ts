/** Everything that is cached of the upstream's answers, and what every operation reads it through. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import { createRecentRuns } from './history/recent-runs.ts';
import { createRunHistory } from './history/run-history.ts';
import { createIdempotentStarts } from './starts/idempotent-starts.ts';
import { createLivePollers } from './live/live-pollers.ts';
import { createSubscriptionLimit } from './live/subscription-limit.ts';
import { createWorkflowPollers } from './live/workflow-pollers.ts';
import { createFleetTurns } from './live/fleet-turns.ts';
import { joinNobody } from './live/turns.ts';
import { createReadThrough } from './read-through.ts';
import { createRunStarter } from './starts/run-starter.ts';
import { createRunStore } from './run-store.ts';
import { createSharedStarts } from './starts/shared-starts.ts';
import { createStartedRuns } from './starts/started-runs.ts';
import { createSharedTier } from './shared/shared-tier.ts';
import type { After, Clock } from './timer.ts';
import type { Viewer } from './viewer.ts';
import { ViewerCache } from './viewer-cache.ts';
import { createWorkflowStore } from './workflow-store.ts';

export interface RunsOptions extends Clock {
  readonly config: Config;
  readonly upstream: UpstreamApi;
  /** True where the gateway itself verifies credentials. */
  readonly isVerified: boolean;
  /** Null: a gateway that shares nothing. */
  readonly fleet: Fleet | null;
  readonly after: After;
}

export type Runs = ReturnType<typeof createRuns>;

export function createRuns({ config, upstream, isVerified, fleet, now, wallOf, after }: RunsOptions) {
  const { liveTtlMs, settleMs, staleIfErrorMs, reauthIntervalMs, maxUpstreamCalls, maxSubscriptionsPerViewer } = config;
  const viewers = new ViewerCache({
    maxBytes: config.cacheMaxBytes - documentBytes(config),
    reauthIntervalMs,
    isVerified,
    now,
    onDrop(viewerId) {
      // What HTTP refuses from now on, open subscriptions are refused as well.
      for (const pollers of [livePollers, workflowPollers]) pollers.recheck(viewerId);
    },
  });
  const drop = (viewerId: string) => {
    viewers.drop(viewerId);
  };
  const source = sourceOf(config);
  const shared = fleet && createSharedTier({ fleet, source, reauthIntervalMs, drop, now, after });
  const reads = createReadThrough({ viewers, shared, liveTtlMs, staleIfErrorMs, now });
  const cached = { upstream, viewers, reads, liveTtlMs };
  const workflowStore = createWorkflowStore(cached);
  const offersRecords = config.upstreamEndpoints.has('run');
  const runStore = createRunStore({ ...cached, workflowStore, offersRecords, settleMs, now, wallOf });
  const runHistory = createRunHistory({ ...cached, runStore });
  const turns = fleet && createFleetTurns({ ...fleet, after });
  if (turns) fleet.metrics.watchPollers(() => turns.roles);
  const polling = {
    viewers,
    liveTtlMs,
    maxUpstreamCalls,
    countSubscription: createSubscriptionLimit(maxSubscriptionsPerViewer),
    turnsOf: ({ id }: Viewer, key: string) =>
      fleet && turns ? turns.of(fleet.keys[0].name('poll', id, key)) : joinNobody,
    now,
    after,
  };
  const ownStarts = createIdempotentStarts({ now });
  const { upstreamTimeoutMs } = config;
  const sharedStarts = fleet && createSharedStarts({ fleet, source, ownStarts, upstreamTimeoutMs, now, after });
  const startedRuns = createStartedRuns({ fleet, source, now });
  const livePollers = createLivePollers({ runStore, workflowStore, startedRuns, ...polling });
  const workflowPollers = createWorkflowPollers({ runHistory, ...polling });
  return {
    viewers,
    workflowStore,
    runStore,
    runHistory,
    recentRuns: createRecentRuns(runHistory),
    livePollers,
    workflowPollers,
    shared,
    sharedStarts,
    runStarter: createRunStarter(upstream, viewers, reads, sharedStarts ?? ownStarts, startedRuns),
  };
}

/** What decides the upstream's answers beside the caller. Each embedded upstream has runs of its own. */
const sourceOf = ({ upstreamUrl, upstreamConnection: { headers } }: Config): string =>
  JSON.stringify([upstreamUrl ?? randomUUID(), Object.entries(headers).sort()]);

const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;

/** The part of CACHE_MAX_BYTES that goes to operation documents, compiled queries and registered operations. */
export const documentBytes = ({ cacheMaxBytes }: Pick<Config, 'cacheMaxBytes'>): number =>
  Math.min(MAX_DOCUMENT_BYTES, Math.floor(cacheMaxBytes / 16));

/** For requests under way and answers that clients have not yet taken. Not a part of CACHE_MAX_BYTES. */
export const MAX_CLIENT_BYTES = 24 * 2 ** 20;
