/** One subscriber to the runs of several workflows: it waits for any of their pollers. */
import { GatewayError, isUnauthenticated } from '../../upstream/errors.ts';
import { compareByPlace, type UnavailableWorkflow } from '../history/recent-runs.ts';
import type { LiveChange } from './live-change.ts';
import type { Subscription } from './live-poller.ts';
import { createPullIterator } from './pull-iterator.ts';
import { changedRuns, type WatchedRun, type WorkflowRuns } from './workflow-runs.ts';

export interface ChangedRun extends Pick<WatchedRun, 'record'> {
  readonly workflowId: string;
  readonly runId: string;
}

export interface RunsChange extends LiveChange {
  /** Newest first. */
  readonly runs: readonly ChangedRun[];
  /** Workflows of which nothing could be read; those that are not there, or are denied, are told once. */
  readonly unavailable: readonly UnavailableWorkflow[];
}

export type SubscribeToWorkflow = (workflowId: string, onNews: () => void) => Subscription<WorkflowRuns>;

/** Each change holds what differs from the one that was taken before: none is lost where a reader skips states. */
export function watchRuns(
  workflowIds: readonly string[],
  subscribe: SubscribeToWorkflow,
): AsyncIterableIterator<RunsChange, undefined> {
  let wake = (): void => undefined;
  const open = new Map(
    workflowIds.map((id) => [
      id,
      subscribe(id, () => {
        wake();
      }),
    ]),
  );
  /** By workflow: of the state that was taken last. */
  const taken = new Map<string, Pick<WorkflowRuns, 'sequence' | 'stamp'>>();
  let isFirst = true;
  let hasLeft = false;

  function leave(): void {
    hasLeft = true;
    for (const subscription of open.values()) subscription.leave();
    wake();
  }

  const hasNews = (): boolean => hasLeft || [...open.values()].some((subscription) => subscription.hasNews);

  async function news(): Promise<void> {
    while (!isFirst && !hasNews()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  /** Takes what is new. Throws what ends the subscription: a key that is refused, or that no workflow can be had. */
  async function take(): Promise<RunsChange | null> {
    const since = new Map([...open.keys()].map((id) => [id, taken.get(id)?.sequence ?? 0]));
    const states = new Map<string, WorkflowRuns>();
    const gone: UnavailableWorkflow[] = [];
    const takeOne = async ([workflowId, subscription]: [string, Subscription<WorkflowRuns>]) => {
      if (!subscription.hasNews) return;
      try {
        const { done, value } = await subscription.next();
        if (done) open.delete(workflowId);
        else states.set(workflowId, value);
      } catch (error) {
        open.delete(workflowId);
        if (!(error instanceof GatewayError) || isUnauthenticated(error)) throw error;
        gone.push({ workflowId, error });
      }
    };
    await Promise.all([...open].map(takeOne));
    const [lost] = gone;
    if (lost && open.size === 0) throw lost.error;
    if (open.size === 0 && workflowIds.length > 0) leave();
    if (hasLeft) return null;
    for (const [workflowId, { sequence, stamp }] of states) taken.set(workflowId, { sequence, stamp });
    return changeOf(since, states, gone);
  }

  function changeOf(
    since: ReadonlyMap<string, number>,
    states: ReadonlyMap<string, WorkflowRuns>,
    gone: readonly UnavailableWorkflow[],
  ): RunsChange {
    const runs = [...states].flatMap(([workflowId, state]) =>
      changedRuns(state, since.get(workflowId) ?? 0).map(([runId, { record }]) => ({
        workflowId,
        runId,
        record,
        // Without a record it is older than all others.
        startMicros: record ? (record.cached.value.startTime?.epochMicros ?? null) : -Infinity,
      })),
    );
    const faulty = [...states].flatMap(([workflowId, { staleBecause: error, runs: known }]) =>
      error && known.size === 0 ? [{ workflowId, error }] : [],
    );
    return {
      topic: 'runs',
      states: [...open.keys()].flatMap((id) => taken.get(id)?.stamp ?? []),
      since: JSON.stringify([...since]),
      runs: runs.sort(compareByPlace),
      unavailable: [...gone, ...faulty],
    };
  }

  async function next(): Promise<IteratorResult<RunsChange, undefined>> {
    try {
      for (;;) {
        await news();
        const change = hasLeft ? null : await take();
        if (!change) return { done: true, value: undefined };
        if (!isFirst && change.runs.length === 0 && change.unavailable.length === 0) continue;
        isFirst = false;
        return { done: false, value: change };
      }
    } catch (error) {
      leave();
      throw error;
    }
  }

  return createPullIterator({ next, end: leave });
}
