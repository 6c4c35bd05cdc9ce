/** The pollers of all workflows whose runs are watched: one for each viewer and workflow. */
import type { RunRecord } from '../../domain/types.ts';
import type { NewestRuns, RunHistory } from '../history/run-history.ts';
import { createPollers, type Polled, type PollersOptions, type Watcher } from './pollers.ts';
import { watchRuns, type RunsChange } from './runs-watch.ts';
import { reachesKnown, wantedRecords, workflowStates, type WorkflowRuns } from './workflow-runs.ts';

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
  const { runHistory, viewers, countSubscription, after } = options;
  const pollers = createPollers(workflowStates, options);

  /** What its state is made of is counted: the windows that were read last. */
  function polledRuns(workflowId: string): Polled<WorkflowRuns, NewestRuns> {
    let reserved = 0;
    let isOver = false;

    function reserve(bytes: number): void {
      viewers.reserve(bytes - reserved);
      reserved = bytes;
    }

    return {
      async read(operation, latest) {
        const areEnough = (records: readonly RunRecord[]) => reachesKnown(latest, records);
        const newest = await runHistory.newest(workflowId, wantedRecords(latest), areEnough, operation);
        if (!isOver) reserve(newest.windows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
        return newest;
      },
      end() {
        isOver = true;
        reserve(0);
      },
    };
  }

  const pollerOf = (workflowId: string, watcher: Watcher) =>
    pollers.of(watcher, `runs of ${workflowId}`, () => polledRuns(workflowId));

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
