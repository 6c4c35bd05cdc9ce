/** The pollers of all runs that are watched: one for each viewer, run and data requirement. */
import type { RunRef } from '../../upstream/client.ts';
import { checkRef, refKey } from '../../upstream/ids.ts';
import { createRunLoaders, type DataRequirement } from '../loaders/run-loaders.ts';
import { createWorkflowLoaders } from '../loaders/workflow-loaders.ts';
import type { RunStore } from '../run-store.ts';
import type { StartedRuns } from '../starts/started-runs.ts';
import type { WorkflowStore } from '../workflow-store.ts';
import { createPollers, type Polled, type PollersOptions, type Watcher } from './pollers.ts';
import { runStates, type RunReading, type RunState } from './run-state.ts';

export interface LivePollers {
  /** Throws RATE_LIMITED where the viewer has as many subscriptions as it may. */
  watch(ref: RunRef, requirement: DataRequirement, watcher: Watcher): AsyncIterableIterator<RunState, undefined>;
  /** The number of pollers. */
  readonly pollers: number;
  /** The viewer's right is in doubt: all of its pollers poll now. */
  recheck(viewerId: string): void;
  close(): void;
}

export interface LivePollersOptions extends PollersOptions {
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
  readonly startedRuns: Pick<StartedRuns, 'isAwaited'>;
}

export function createLivePollers(options: LivePollersOptions): LivePollers {
  const { runStore, workflowStore, startedRuns, countSubscription, viewers, now } = options;
  const pollers = createPollers(runStates, options);

  /** While it is polled, the run is pinned: its state is made of what the entry caches. */
  function polledRun(ref: RunRef, requirement: DataRequirement, { viewer }: Watcher): Polled<RunState, RunReading> {
    const entry = runStore.entryOf(ref, viewer);
    viewers.pin(entry);
    return {
      async read(operation, latest) {
        viewers.checkPinned(entry);
        const workflows = createWorkflowLoaders(workflowStore, operation);
        const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, requirement);
        viewers.checkPinned(entry);
        // Also where the viewer was dropped meanwhile, a run is final once nothing has changed for long.
        if (latest) runStore.follow(latest.parts, parts);
        const isFinal = !parts.stepsError && runStore.areFinal(parts, now());
        return { ref, parts, isFinal, staleBecause: null, current: null };
      },
      isAwaited: () => startedRuns.isAwaited(viewer, ref),
      end() {
        viewers.unpin(entry);
      },
    };
  }

  return {
    watch(given, requirement, watcher) {
      const ref = checkRef(given);
      // The graph is read for each event, not by the poller.
      const polled = requirement === 'GRAPH' ? 'STEPS' : requirement;
      const onLeft = countSubscription(watcher.viewer);
      const poller = pollers.of(watcher, `${polled} ${refKey(ref)}`, () => polledRun(ref, polled, watcher));
      return poller.watch(onLeft);
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
