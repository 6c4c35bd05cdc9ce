/** Creates the caches of upstream responses and everything that reads through them. */
import type { Config } from '../config/config.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import { createRecentRuns } from './history/recent-runs.ts';
import { createRunHistory } from './history/run-history.ts';
import { createRunWatch } from './live/run-watch.ts';
import { createRunsWatch } from './live/runs-watch.ts';
import { createTopics } from './live/topics.ts';
import type { SharedAnswers, SharedWrites } from './ports.ts';
import { callUpstream } from './load.ts';
import { ReadThrough } from './read-through.ts';
import { createRunStore } from './run-store.ts';
import { createSharedLoads } from './shared-loads.ts';
import type { After, Clock } from '../runtime/clock.ts';
import { ViewerCache } from './viewer-cache.ts';
import { createWorkflowStore } from './workflow-store.ts';
import { createChanges } from './writes/changes.ts';
import { createIdempotentWrites } from './writes/idempotent-writes.ts';
import { createWriter } from './writes/writer.ts';

export interface RunsOptions extends Clock {
  readonly config: Config;
  readonly upstream: UpstreamApi;
  /** Both are null if the gateway shares nothing. */
  readonly sharedAnswers: SharedAnswers | null;
  readonly sharedWrites: SharedWrites | null;
  readonly after: After;
}

export type Runs = ReturnType<typeof createRuns>;

export function createRuns(options: RunsOptions) {
  const { config, upstream, sharedAnswers, sharedWrites, now, wallOf, after } = options;
  const { liveTtlMs, settleMs, staleIfErrorMs, reauthIntervalMs, maxUpstreamCalls, maxSubscriptionsPerViewer } = config;
  const viewers = new ViewerCache({
    maxBytes: config.cacheMaxBytes - bytesForDocuments(config),
    reauthIntervalMs,
    now,
    onDrop(viewerId, workflowId) {
      // HTTP requests are rejected from now on, so open subscriptions are checked again.
      topics.recheck(viewerId, workflowId);
    },
  });
  sharedAnswers?.onWithdrawn((viewerId, workflowId) => {
    if (workflowId === null) viewers.drop(viewerId);
    else viewers.dropWorkflow(viewerId, workflowId);
  });
  const reads = new ReadThrough({
    obtain: sharedAnswers ? createSharedLoads({ shared: sharedAnswers, viewers, now }) : callUpstream,
    onDenied: (...denial) => sharedAnswers?.withdraw(...denial),
    ...{ viewers, liveTtlMs, staleIfErrorMs, now, after },
  });
  const cached = { upstream, viewers, reads, liveTtlMs };
  const workflowStore = createWorkflowStore(cached);
  const changes = createChanges({
    shared: sharedWrites,
    onChanged(viewerId, { workflowId, runId }) {
      viewers.dropAnswers(viewerId);
      if (runId !== null) topics.recheck(viewerId, workflowId, runId);
    },
    now,
  });
  const offersRecords = config.upstreamEndpoints.has('run');
  const runStore = createRunStore({ ...cached, workflowStore, changes, offersRecords, settleMs, now, wallOf });
  const runHistory = createRunHistory({ ...cached, runStore, changes });
  const topics = createTopics({ viewers, liveTtlMs, maxUpstreamCalls, maxSubscriptionsPerViewer, now, after });
  const idempotentWrites = sharedWrites ?? createIdempotentWrites(now);
  return {
    viewers,
    workflowStore,
    runStore,
    runHistory,
    readRecentRuns: createRecentRuns(runHistory),
    topics,
    watchRun: createRunWatch({ topics, runStore, workflowStore, changes, now }),
    watchRuns: createRunsWatch({ topics, runHistory, after }),
    write: createWriter(upstream, reads, idempotentWrites, changes),
  };
}

const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;

/** Bytes of CACHE_MAX_BYTES for operation documents, compiled queries and registered operations. */
export const bytesForDocuments = ({ cacheMaxBytes }: Pick<Config, 'cacheMaxBytes'>): number =>
  Math.min(MAX_DOCUMENT_BYTES, Math.floor(cacheMaxBytes / 16));
