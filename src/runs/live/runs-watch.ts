/** Watches the runs of several workflows: one topic per viewer and workflow. A reader waits for news from any of them. */
import type { RunRecord } from '../../domain/types.ts';
import { GatewayError, isUnauthenticated } from '../../upstream/errors.ts';
import { compareByPlace, type UnavailableWorkflow } from '../history/recent-runs.ts';
import type { NewestRuns, RunHistory } from '../history/run-history.ts';
import type { After } from '../../runtime/clock.ts';
import { PullIterator } from './pull-iterator.ts';
import type { Joined, Polled, Topics, Watcher } from './topics.ts';
import {
  changedRuns,
  reachesKnown,
  wantedRecords,
  workflowStates,
  type WatchedRun,
  type WorkflowRuns,
} from './workflow-runs.ts';

/** A change for a subscriber: the current states, and what the subscriber knows already. */
export interface LiveChange {
  /** Key of the watched data. */
  readonly topic: string;
  /** Current states, compared by identity. */
  readonly states: readonly object[];
  /** Key of what the subscriber knows. Events with the same topic, states and `since` are equal. */
  readonly since: string;
}

export interface ChangedRun extends Pick<WatchedRun, 'record'> {
  readonly workflowId: string;
  readonly runId: string;
}

export interface RunsChange extends LiveChange {
  /** Newest first. */
  readonly runs: readonly ChangedRun[];
  /** Workflows that could not be read. A workflow that is not found or denied is reported once. */
  readonly unavailable: readonly UnavailableWorkflow[];
}

export interface RunsWatchOptions {
  readonly topics: Topics;
  readonly runHistory: Pick<RunHistory, 'newest'>;
  readonly after: After;
}

/** Throws RATE_LIMITED if the viewer has reached its limit of subscriptions. */
export type WatchRuns = (
  workflowIds: readonly string[],
  watcher: Watcher,
) => AsyncIterableIterator<RunsChange, undefined>;

export function createRunsWatch({ topics, runHistory, after }: RunsWatchOptions): WatchRuns {
  const polledRuns = (workflowId: string): Polled<WorkflowRuns, NewestRuns> => ({
    states: workflowStates,
    read(operation, latest) {
      const areEnough = (records: readonly RunRecord[]) => reachesKnown(latest, records);
      return runHistory.newest(workflowId, wantedRecords(latest), areEnough, operation);
    },
    bytesOf: ({ windows }) => windows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });

  return (workflowIds, watcher) => {
    const join = (workflowId: string, onNews: () => void) =>
      topics.join(watcher, { workflowId, name: `runs of ${workflowId}`, open: () => polledRuns(workflowId) }, onNews);
    return readRuns(workflowIds, join, after);
  };
}

/** One watched workflow. */
interface Open {
  readonly topic: Joined<WorkflowRuns>;
  /** Sequence of the latest state that arrived. */
  seen: number;
}

/** Workflows that answer within this time share one event. A slower one is reported later and delays nobody. */
const PATIENCE_MS = 1000;

/** Each change contains the difference from the previous change taken: skipped states lose nothing. */
function readRuns(
  workflowIds: readonly string[],
  join: (workflowId: string, onNews: () => void) => Joined<WorkflowRuns>,
  after: After,
): AsyncIterableIterator<RunsChange, undefined> {
  let wake = (): void => undefined;
  let hurry = (): void => undefined;
  const open = new Map<string, Open>();
  /** Workflows with a `next` call in progress. */
  const asked = new Set<string>();
  /** New states by workflow, not yet reported. */
  const arrived = new Map<string, WorkflowRuns>();
  /** Lost workflows, not yet reported. */
  let gone: UnavailableWorkflow[] = [];
  /** Latest reported state by workflow. */
  const taken = new Map<string, Pick<WorkflowRuns, 'sequence' | 'stamp'>>();
  /** Error that ends the subscription: a refused key or a defect. */
  let failure: { readonly error: unknown } | null = null;
  let isFirst = true;
  let hasLeft = false;

  function leave(): void {
    hasLeft = true;
    for (const id of open.keys()) close(id);
    wake();
    hurry();
  }

  function close(id: string): void {
    const watched = open.get(id);
    if (!open.delete(id)) return;
    watched?.topic.leave();
  }

  const toAsk = () => [...open].filter(([id, { topic, seen }]) => !asked.has(id) && topic.hasNews(seen));
  const isReady = (): boolean =>
    hasLeft || failure !== null || arrived.size > 0 || gone.length > 0 || toAsk().length > 0;

  async function news(): Promise<void> {
    while (!isReady() && !(isFirst && asked.size === 0)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  async function ask([workflowId, watched]: [string, Open]): Promise<void> {
    asked.add(workflowId);
    try {
      const state = await watched.topic.next(watched.seen);
      if (state) {
        watched.seen = state.sequence;
        arrived.set(workflowId, state);
      } else {
        close(workflowId);
        if (open.size === 0) leave();
      }
    } catch (error) {
      close(workflowId);
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

  /** Resolves when all workflows have answered, or after PATIENCE_MS. */
  async function askAll(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    hurry = () => {
      resolve(undefined);
    };
    const cancel = after(PATIENCE_MS, hurry);
    await Promise.race([Promise.all(toAsk().map(ask)), promise]);
    cancel();
  }

  /** Throws the error that ends the subscription: a refused key, or the loss of all workflows. */
  function checkOpen(): void {
    if (failure) throw failure.error;
    const [lost] = gone;
    if (lost && open.size === 0) throw lost.error;
  }

  /** Returns the news and marks them as reported. */
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
        // A run without a record is older than all others.
        startMicros: record ? (record.value.startTime?.epochMicros ?? null) : -Infinity,
      })),
    );
    const faulty = [...states].flatMap(([workflowId, { staleBecause: error, runs: known }]) =>
      error && known.size === 0 ? [{ workflowId, error }] : [],
    );
    return {
      topic: 'runs',
      states: [...open.keys()].flatMap((id) => taken.get(id)?.stamp ?? []),
      // A subscriber that reported a lost workflow before gets a different event from the same states.
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

  try {
    for (const id of workflowIds) {
      const topic = join(id, () => {
        wake();
      });
      open.set(id, { topic, seen: 0 });
    }
  } catch (error) {
    leave();
    throw error;
  }
  return new PullIterator({ next, end: leave });
}
