/** Pollers of all workflows whose runs are watched: one per viewer and workflow. */
import type { RunRecord } from '../../domain/types.ts';
import type { NewestRuns, RunHistory } from '../history/run-history.ts';
import { createPollers, type Polled, type PollersOptions, type Watcher } from './pollers.ts';
import { watchRuns, type RunsChange } from './runs-watch.ts';
import { reachesKnown, wantedRecords, workflowStates, type WorkflowRuns } from './workflow-runs.ts';

export interface WorkflowPollers {
  /** Throws RATE_LIMITED if the viewer has reached its limit of subscriptions. */
  watch(workflowIds: readonly string[], watcher: Watcher): AsyncIterableIterator<RunsChange, undefined>;
  readonly pollers: number;
  /** Makes the viewer's pollers of this workflow, or all of them, poll now: a right is in doubt. */
  recheck(viewerId: string, workflowId: string | null): void;
  close(): void;
}

export interface WorkflowPollersOptions extends PollersOptions {
  readonly runHistory: Pick<RunHistory, 'newest'>;
}

export function createWorkflowPollers(options: WorkflowPollersOptions): WorkflowPollers {
  const { runHistory, countSubscription, after } = options;
  const pollers = createPollers(workflowStates, options);

  const polledRuns = (workflowId: string): Polled<WorkflowRuns, NewestRuns> => ({
    read(operation, latest) {
      const areEnough = (records: readonly RunRecord[]) => reachesKnown(latest, records);
      return runHistory.newest(workflowId, wantedRecords(latest), areEnough, operation);
    },
    bytesOf: ({ windows }) => windows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });

  const pollerOf = (workflowId: string, watcher: Watcher) =>
    pollers.of(watcher, workflowId, `runs of ${workflowId}`, () => polledRuns(workflowId));

  return {
    watch(workflowIds, watcher) {
      const ended: (() => void)[] = [];
      try {
        while (ended.length < workflowIds.length) ended.push(countSubscription(watcher.viewer));
      } catch (error) {
        for (const end of ended) end();
        throw error;
      }
      return watchRuns(
        workflowIds,
        (workflowId, onNews) => pollerOf(workflowId, watcher).subscribe(ended.pop() ?? (() => undefined), onNews),
        after,
      );
    },
    get pollers() {
      return pollers.count;
    },
    recheck(viewerId, workflowId) {
      pollers.recheck(viewerId, workflowId);
    },
    close() {
      pollers.close();
    },
  };
}
