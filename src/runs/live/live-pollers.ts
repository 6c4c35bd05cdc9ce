/** The pollers of all runs that are watched: one for each viewer, run and data requirement. */
import type { RunRef } from '../../upstream/client.ts';
import { checkRef, refKey } from '../../upstream/ids.ts';
import { createRunLoaders, type DataRequirement } from '../loaders/run-loaders.ts';
import { createWorkflowLoaders } from '../loaders/workflow-loaders.ts';
import type { ReadContext } from '../read-context.ts';
import type { RunStore } from '../run-store.ts';
import type { StartedRuns } from '../starts/started-runs.ts';
import type { WorkflowStore } from '../workflow-store.ts';
import { createPollers, type PollersOptions, type Watcher } from './pollers.ts';
import { runStates, type RunReading, type Snapshot } from './snapshot.ts';

export interface LivePollers {
  /** Throws RATE_LIMITED where the viewer has as many subscriptions as it may. */
  watch(ref: RunRef, requirement: DataRequirement, watcher: Watcher): AsyncIterableIterator<Snapshot, undefined>;
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
  const { runStore, workflowStore, startedRuns, countSubscription, now } = options;
  const pollers = createPollers(runStates, options);

  async function read(
    ref: RunRef,
    requirement: DataRequirement,
    operation: ReadContext,
    latest: Snapshot | null,
  ): Promise<RunReading> {
    const workflows = createWorkflowLoaders(workflowStore, operation);
    const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, requirement);
    // Also where the cache does not hold the parts, a run is final once nothing has changed for long.
    if (latest) await runStore.follow(latest.parts, parts);
    const isFinal = !parts.stepsError && runStore.derive(ref, parts, now()).freshness.isFinal;
    return { ref, parts, isFinal, staleBecause: null, current: null };
  }

  return {
    watch(given, requirement, watcher) {
      const ref = checkRef(given);
      // The graph is read for each event, not by the poller.
      const polled = requirement === 'GRAPH' ? 'STEPS' : requirement;
      const onLeft = countSubscription(watcher.viewer);
      const poller = pollers.of(
        watcher,
        `${polled} ${refKey(ref)}`,
        (operation, latest) => read(ref, polled, operation, latest),
        () => startedRuns.isAwaited(watcher.viewer, ref),
      );
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
