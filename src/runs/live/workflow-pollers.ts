/** Pollers of all workflows whose runs are watched: one per viewer and workflow. */
import type { RunRecord } from '../../domain/types.ts';
import type { NewestRuns, RunHistory } from '../history/run-history.ts';
import { watchRuns, type RunsChange } from './runs-watch.ts';
import { createTopics, type Polled, type TopicsOptions, type Watcher } from './topics.ts';
import { reachesKnown, wantedRecords, workflowStates, type WorkflowRuns } from './workflow-runs.ts';

export interface WorkflowPollers {
  /** Throws RATE_LIMITED if the viewer has reached its limit of subscriptions. */
  watch(workflowIds: readonly string[], watcher: Watcher): AsyncIterableIterator<RunsChange, undefined>;
  readonly pollers: number;
  /** Makes the viewer's pollers of this workflow, or all of them, poll now: a right is in doubt. */
  recheck(viewerId: string, workflowId: string | null): void;
  close(): void;
}

export interface WorkflowPollersOptions extends TopicsOptions {
  readonly runHistory: Pick<RunHistory, 'newest'>;
}

export function createWorkflowPollers(options: WorkflowPollersOptions): WorkflowPollers {
  const { runHistory, countSubscription, after } = options;
  const topics = createTopics(workflowStates, options);

  const polledRuns = (workflowId: string): Polled<WorkflowRuns, NewestRuns> => ({
    read(operation, latest) {
      const areEnough = (records: readonly RunRecord[]) => reachesKnown(latest, records);
      return runHistory.newest(workflowId, wantedRecords(latest), areEnough, operation);
    },
    bytesOf: ({ windows }) => windows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });

  const topicOf = (workflowId: string, watcher: Watcher) =>
    topics.of(watcher, workflowId, `runs of ${workflowId}`, () => polledRuns(workflowId));

  return {
    watch(workflowIds, watcher) {
      const ended: (() => void)[] = [];
      try {
        while (ended.length < workflowIds.length) ended.push(countSubscription(watcher.viewer));
      } catch (error) {
        for (const end of ended) end();
        throw error;
      }
      const watched = new Map(workflowIds.map((id) => [id, topicOf(id, watcher)]));
      return watchRuns(watched, () => ended.pop()?.(), after);
    },
    get pollers() {
      return topics.count;
    },
    recheck(viewerId, workflowId) {
      topics.recheck(viewerId, workflowId);
    },
    close() {
      topics.close();
    },
  };
}
