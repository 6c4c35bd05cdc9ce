/** One subscriber to the runs of several workflows: it waits for any of their pollers. */
import { GatewayError, isUnauthenticated } from '../../upstream/errors.ts';
import { compareByPlace, type UnavailableWorkflow } from '../history/recent-runs.ts';
import type { LiveChange } from './live-change.ts';
import type { Subscription } from './live-poller.ts';
import type { After } from '../timer.ts';
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

/** Workflows that answer within this time are told together. A slower one is told when it answers, and delays nobody. */
const PATIENCE_MS = 1000;

/** Each change holds what differs from the one that was taken before: none is lost where a reader skips states. */
export function watchRuns(
  workflowIds: readonly string[],
  subscribe: SubscribeToWorkflow,
  after: After,
): AsyncIterableIterator<RunsChange, undefined> {
  let wake = (): void => undefined;
  let hurry = (): void => undefined;
  const open = new Map(
    workflowIds.map((id) => [
      id,
      subscribe(id, () => {
        wake();
      }),
    ]),
  );
  /** Those that were asked for their news, and have not answered. */
  const asked = new Set<string>();
  /** By workflow: the states that have come, and are to be told. */
  const arrived = new Map<string, WorkflowRuns>();
  /** Those that were lost, and are to be told. */
  let gone: UnavailableWorkflow[] = [];
  /** By workflow: of the state that was told last. */
  const taken = new Map<string, Pick<WorkflowRuns, 'sequence' | 'stamp'>>();
  /** What ends the subscription: a key that is refused, or a defect. */
  let failure: { readonly error: unknown } | null = null;
  let isFirst = true;
  let hasLeft = false;

  function leave(): void {
    hasLeft = true;
    for (const subscription of open.values()) subscription.leave();
    wake();
    hurry();
  }

  const toAsk = () => [...open].filter(([id, subscription]) => subscription.hasNews && !asked.has(id));
  const isReady = (): boolean =>
    hasLeft || failure !== null || arrived.size > 0 || gone.length > 0 || toAsk().length > 0;

  async function news(): Promise<void> {
    while (!isReady() && !(isFirst && asked.size === 0)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  async function ask([workflowId, subscription]: [string, Subscription<WorkflowRuns>]): Promise<void> {
    asked.add(workflowId);
    try {
      const { done, value } = await subscription.next();
      if (!done) arrived.set(workflowId, value);
      else if (open.delete(workflowId) && open.size === 0) leave();
    } catch (error) {
      open.delete(workflowId);
      arrived.delete(workflowId);
      if (error instanceof GatewayError && !isUnauthenticated(error)) {
        gone.push({ workflowId, error });
      } else {
        failure ??= { error };
        hurry();
      }
    }
    asked.delete(workflowId);
    wake();
  }

  /** Resolves when all have answered, or when that takes too long. */
  async function askAll(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    hurry = () => {
      resolve(undefined);
    };
    const cancel = after(PATIENCE_MS, hurry);
    await Promise.race([Promise.all(toAsk().map(ask)), promise]);
    cancel();
  }

  /** Throws what ends the subscription: a key that is refused, or that no workflow can be had. */
  function checkOpen(): void {
    if (failure) throw failure.error;
    const [lost] = gone;
    if (lost && open.size === 0) throw lost.error;
  }

  /** Takes what is new. */
  function take(): RunsChange {
    const since = new Map([...open.keys()].map((id) => [id, taken.get(id)?.sequence ?? 0]));
    for (const [workflowId, { sequence, stamp }] of arrived) taken.set(workflowId, { sequence, stamp });
    const change = changeOf(since, arrived, gone);
    arrived.clear();
    gone = [];
    return change;
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
        startMicros: record ? (record.value.startTime?.epochMicros ?? null) : -Infinity,
      })),
    );
    const faulty = [...states].flatMap(([workflowId, { staleBecause: error, runs: known }]) =>
      error && known.size === 0 ? [{ workflowId, error }] : [],
    );
    return {
      topic: 'runs',
      states: [...open.keys()].flatMap((id) => taken.get(id)?.stamp ?? []),
      // Who has heard of a lost one before knows as much, but is told less.
      since: JSON.stringify([...since, ...gone.map(({ workflowId }) => workflowId)]),
      runs: runs.sort(compareByPlace),
      unavailable: [...gone, ...faulty],
    };
  }

  async function next(): Promise<IteratorResult<RunsChange, undefined>> {
    try {
      for (;;) {
        await news();
        if (!hasLeft && !failure) await askAll();
        if (!hasLeft) checkOpen();
        if (hasLeft) return { done: true, value: undefined };
        const isAnswer = isFirst && (arrived.size > 0 || asked.size === 0);
        const change = take();
        if (!isAnswer && change.runs.length === 0 && change.unavailable.length === 0) continue;
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
