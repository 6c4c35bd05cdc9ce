/** The pollers of all workflows whose runs are watched: one for each viewer and workflow. */
import type { RunHistory } from '../history/run-history.ts';
import { createAnswerLifetime, createCallBudget } from '../operation.ts';
import type { ResourceCache } from '../resource-cache.ts';
import type { After } from '../timer.ts';
import { createLivePoller, type LivePoller } from './live-poller.ts';
import type { Watcher } from './live-pollers.ts';
import { watchRuns, type RunsChange } from './runs-watch.ts';
import type { CountSubscription } from './subscription-limit.ts';
import type { TurnsOf } from './turns.ts';
import { reachesKnown, wantedRecords, workflowStates, type WorkflowRuns } from './workflow-runs.ts';

export interface WorkflowPollers {
  /** Throws RATE_LIMITED where the viewer watches as much as it may. */
  watch(workflowIds: readonly string[], watcher: Watcher): AsyncIterableIterator<RunsChange, undefined>;
  /** The number of pollers. */
  readonly pollers: number;
  close(): void;
}

export interface WorkflowPollersOptions {
  readonly runHistory: Pick<RunHistory, 'newest'>;
  readonly cache: Pick<ResourceCache, 'hasProvenRight'>;
  readonly liveTtlMs: number;
  readonly maxUpstreamCalls: number;
  readonly countSubscription: CountSubscription;
  readonly turnsOf: TurnsOf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

export function createWorkflowPollers(options: WorkflowPollersOptions): WorkflowPollers {
  const { runHistory, cache, liveTtlMs, maxUpstreamCalls, countSubscription, turnsOf, now, after } = options;
  const pollers = new Map<string, LivePoller<WorkflowRuns>>();

  function open(key: string, workflowId: string, { viewer, requestId, operationRecord }: Watcher) {
    const poller = createLivePoller({
      states: workflowStates,
      joinTurns: turnsOf(viewer, `runs of ${workflowId}`),
      async read({ signal, latest, isAnnounced: skipsLive }) {
        const budget = createCallBudget(maxUpstreamCalls);
        const lifetime = createAnswerLifetime();
        const operation = { viewer, requestId, signal: () => signal, budget, lifetime, operationRecord, skipsLive };
        const areEnough = (records: Parameters<typeof reachesKnown>[1]) => reachesKnown(latest, records);
        const reading = await runHistory.newest(workflowId, wantedRecords(latest), areEnough, operation);
        return { reading, untilMs: lifetime.untilMs };
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
    watch(workflowIds, watcher) {
      const ended: (() => void)[] = [];
      try {
        while (ended.length < workflowIds.length) ended.push(countSubscription(watcher.viewer));
      } catch (error) {
        for (const end of ended) end();
        throw error;
      }
      return watchRuns(workflowIds, (workflowId, onNews) => {
        const key = `${watcher.viewer.id} ${workflowId}`;
        const poller = pollers.get(key) ?? open(key, workflowId, watcher);
        return poller.subscribe(ended.pop() ?? (() => undefined), onNews);
      });
    },
    get pollers() {
      return pollers.size;
    },
    close() {
      for (const poller of [...pollers.values()]) poller.close();
    },
  };
}
