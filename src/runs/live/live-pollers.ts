/** Pollers of all watched runs: one per viewer, run and data requirement. */
import type { RunRef } from '../../upstream/client.ts';
import { checkRef, refKey } from '../../upstream/ids.ts';
import { createRunLoaders, type DataRequirement } from '../loaders/run-loaders.ts';
import { createWorkflowLoaders } from '../loaders/workflow-loaders.ts';
import type { RunStore } from '../run-store.ts';
import type { StartedRuns } from '../starts/started-runs.ts';
import type { WorkflowStore } from '../workflow-store.ts';
import { runStates, type RunReading, type RunState } from './run-state.ts';
import { readTopic } from './topic.ts';
import { createTopics, type Polled, type TopicsOptions, type Watcher } from './topics.ts';

export interface LivePollers {
  /** Throws RATE_LIMITED if the viewer has reached its limit of subscriptions. */
  watch(ref: RunRef, requirement: DataRequirement, watcher: Watcher): AsyncIterableIterator<RunState, undefined>;
  readonly pollers: number;
  /** Makes the viewer's pollers of this workflow, or all of them, poll now: a right is in doubt. */
  recheck(viewerId: string, workflowId: string | null): void;
  close(): void;
}

export interface LivePollersOptions extends TopicsOptions {
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
  readonly startedRuns: Pick<StartedRuns, 'isAwaited'>;
}

export function createLivePollers(options: LivePollersOptions): LivePollers {
  const { runStore, workflowStore, startedRuns, countSubscription, now } = options;
  const topics = createTopics(runStates, options);

  const polledRun = (ref: RunRef, requirement: DataRequirement, { viewer }: Watcher): Polled<RunState, RunReading> => ({
    async read(operation, latest) {
      const workflows = createWorkflowLoaders(workflowStore, operation);
      const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, requirement);
      // An unchanged run becomes final in time, even if it was evicted meanwhile.
      if (latest) runStore.follow(latest.parts, parts);
      const isFinal = !parts.stepsError && runStore.areFinal(parts, now());
      return { ref, parts, isFinal, staleBecause: null, current: null };
    },
    bytesOf: ({ parts: { record, steps } }) => (record?.sizeBytes ?? 0) + (steps?.sizeBytes ?? 0),
    isAwaited: () => startedRuns.isAwaited(viewer, ref),
  });

  return {
    watch(given, requirement, watcher) {
      const ref = checkRef(given);
      // The graph is read for each event, not by the poller.
      const polled = requirement === 'GRAPH' ? 'STEPS' : requirement;
      const onLeft = countSubscription(watcher.viewer);
      const topic = topics.of(watcher, ref.workflowId, `${polled} ${refKey(ref)}`, () =>
        polledRun(ref, polled, watcher),
      );
      return readTopic(topic, onLeft);
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
