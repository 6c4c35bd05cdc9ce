/** Watches a run: one topic per viewer, run and data requirement. */
import type { RunRef } from '../../upstream/client.ts';
import { checkRef, refKey } from '../../upstream/ids.ts';
import { createRunLoaders, type DataRequirement } from '../loaders/run-loaders.ts';
import { createWorkflowLoaders } from '../loaders/workflow-loaders.ts';
import type { RunStore } from '../run-store.ts';
import type { Changes } from '../writes/changes.ts';
import type { WorkflowStore } from '../workflow-store.ts';
import { PullIterator } from './pull-iterator.ts';
import { runStates, type RunReading, type RunState } from './run-state.ts';
import type { Polled, Topics, Watcher } from './topics.ts';

export interface RunWatchOptions {
  readonly topics: Topics;
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
  readonly changes: Pick<Changes, 'isAwaited'>;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

/** Throws RATE_LIMITED if the caller has reached its limit of subscriptions. */
export type WatchRun = ReturnType<typeof createRunWatch>;

export function createRunWatch({ topics, runStore, workflowStore, changes, now }: RunWatchOptions) {
  const polledRun = (ref: RunRef, requirement: DataRequirement, { viewer }: Watcher): Polled<RunState, RunReading> => ({
    states: runStates,
    async read(operation, latest) {
      const workflows = createWorkflowLoaders(workflowStore, operation);
      const parts = await createRunLoaders(runStore, workflows, operation, now()).loadParts(ref, requirement);
      // An unchanged run becomes final in time, even if it was evicted meanwhile.
      if (latest) runStore.follow(latest.parts, parts);
      const isFinal = !parts.stepsError && runStore.areFinal(parts, now());
      return { ref, parts, isFinal, staleBecause: null, current: null };
    },
    bytesOf: ({ parts: { record, steps } }) => (record?.sizeBytes ?? 0) + (steps?.sizeBytes ?? 0),
    isAwaited: () => changes.isAwaited(viewer, ref),
  });

  /** Yields the current state, then each change until the final state. */
  return (
    given: RunRef,
    requirement: DataRequirement,
    watcher: Watcher,
  ): AsyncIterableIterator<RunState, undefined> => {
    const ref = checkRef(given);
    // The graph is read for each event, not by the poller.
    const polled = requirement === 'GRAPH' ? 'STEPS' : requirement;
    let seen = 0;
    let hasLeft = false;
    let wake = (): void => undefined;
    const topic = topics.join(
      watcher,
      { ...ref, name: `${polled} ${refKey(ref)}`, open: () => polledRun(ref, polled, watcher) },
      () => {
        wake();
      },
    );

    function leave(): void {
      if (hasLeft) return;
      hasLeft = true;
      topic.leave();
      wake();
    }

    async function next(): Promise<RunState | undefined> {
      while (!hasLeft && !topic.hasNews(seen)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return hasLeft ? undefined : topic.next(seen);
    }

    return new PullIterator({
      async next() {
        try {
          const value = await next();
          if (value && !hasLeft) {
            seen = value.sequence;
            return { done: false, value };
          }
        } catch (error) {
          if (!hasLeft) {
            leave();
            throw error;
          }
        }
        leave();
        return { done: true, value: undefined };
      },
      end: leave,
    });
  };
}
