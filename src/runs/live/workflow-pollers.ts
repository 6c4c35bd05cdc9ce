/** The pollers of all workflows whose runs are watched: one for each viewer and workflow. */
import type { RunHistory } from '../history/run-history.ts';
import { createPollers, type PollersOptions, type Watcher } from './pollers.ts';
import { watchRuns, type RunsChange } from './runs-watch.ts';
import { reachesKnown, wantedRecords, workflowStates } from './workflow-runs.ts';

export interface WorkflowPollers {
  /** Throws RATE_LIMITED where the viewer watches as much as it may. */
  watch(workflowIds: readonly string[], watcher: Watcher): AsyncIterableIterator<RunsChange, undefined>;
  /** The number of pollers. */
  readonly pollers: number;
  /** The viewer's right is in doubt: all of its pollers poll now. */
  recheck(viewerId: string): void;
  close(): void;
}

export interface WorkflowPollersOptions extends PollersOptions {
  readonly runHistory: Pick<RunHistory, 'newest'>;
}

export function createWorkflowPollers(options: WorkflowPollersOptions): WorkflowPollers {
  const { runHistory, countSubscription, after } = options;
  const pollers = createPollers(workflowStates, options);

  const pollerOf = (workflowId: string, watcher: Watcher) =>
    pollers.of(watcher, `runs of ${workflowId}`, (operation, latest) =>
      runHistory.newest(workflowId, wantedRecords(latest), (records) => reachesKnown(latest, records), operation),
    );

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
    recheck(viewerId) {
      pollers.recheck(viewerId);
    },
    close() {
      pollers.close();
    },
  };
}
