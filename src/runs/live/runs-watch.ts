/**
 * Watches the runs of several workflows: one topic per viewer and workflow. A reader waits for news from any of them.
 */
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

/** A change for a subscriber: the current states, and what the subscriber already knows. */
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
  /** Workflows that couldn't be read. One that isn't found or is denied is reported once. */
  readonly unavailable: readonly UnavailableWorkflow[];
}

export interface RunsWatchOptions {
  readonly topics: Topics;
  readonly runHistory: Pick<RunHistory, 'newest'>;
  readonly after: After;
}

/** Throws RATE_LIMITED if the caller has reached its limit of subscriptions. */
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
      topics.join(
        watcher,
        { workflowId, runId: null, name: `runs of ${workflowId}`, open: () => polledRuns(workflowId) },
        onNews,
      );
    const watch = new RunsWatcher(after);
    watch.join(workflowIds, join);
    return new PullIterator({
      next: () => watch.next(),
      end: () => {
        watch.leave();
      },
    });
  };
}

/** One watched workflow. */
interface Open {
  readonly topic: Joined<WorkflowRuns>;
  /** Sequence of the latest state that arrived. */
  seen: number;
}

type WatchState =
  /** Nothing has been reported. The first event is sent even without runs. */
  | { readonly name: 'BEGINNING' }
  | { readonly name: 'WATCHING' }
  /** The error ends the subscription: a rejected key, or a defect. */
  | { readonly name: 'FAILED'; readonly error: unknown }
  | { readonly name: 'LEFT' };

/** Workflows that respond within this time share one event. A slower one is reported later, without delaying others. */
const PATIENCE_MS = 1000;

type Join = (workflowId: string, onNews: () => void) => Joined<WorkflowRuns>;

/** Each change contains the difference from the previous one taken, so skipped states lose nothing. */
class RunsWatcher {
  #state: WatchState = { name: 'BEGINNING' };
  readonly #open = new Map<string, Open>();
  /** Workflows with a `next` call in progress. */
  readonly #asked = new Set<string>();
  /** New states by workflow, not yet reported. */
  readonly #arrived = new Map<string, WorkflowRuns>();
  /** Lost workflows, not yet reported. */
  #gone: UnavailableWorkflow[] = [];
  /** Latest reported state by workflow. */
  readonly #taken = new Map<string, Pick<WorkflowRuns, 'sequence' | 'stamp'>>();
  readonly #after: After;
  /** Ends the wait for news, and the wait for slow workflows. */
  #wake = (): void => undefined;
  #hurry = (): void => undefined;

  constructor(after: After) {
    this.#after = after;
  }

  /** Throws RATE_LIMITED. */
  join(workflowIds: readonly string[], join: Join): void {
    try {
      for (const id of workflowIds)
        this.#open.set(id, {
          topic: join(id, () => {
            this.#wake();
          }),
          seen: 0,
        });
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  async next(): Promise<IteratorResult<RunsChange, undefined>> {
    try {
      for (;;) {
        await this.#news();
        if (this.#isWatching) await this.#askAll();
        this.#checkOpen();
        if (this.#state.name === 'LEFT') return { done: true, value: undefined };
        const isAnswer = this.#state.name === 'BEGINNING' && (this.#arrived.size > 0 || this.#asked.size === 0);
        const change = this.#take();
        if (!isAnswer && change.runs.length === 0 && change.unavailable.length === 0) continue;
        this.#state = { name: 'WATCHING' };
        return { done: false, value: change };
      }
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  leave(): void {
    this.#state = { name: 'LEFT' };
    for (const id of this.#open.keys()) this.#close(id);
    this.#wake();
    this.#hurry();
  }

  get #isWatching(): boolean {
    return this.#state.name === 'BEGINNING' || this.#state.name === 'WATCHING';
  }

  #fail(error: unknown): void {
    if (this.#isWatching) this.#state = { name: 'FAILED', error };
    this.#hurry();
  }

  #close(id: string): void {
    const watched = this.#open.get(id);
    if (this.#open.delete(id)) watched?.topic.leave();
  }

  #toAsk(): [string, Open][] {
    return [...this.#open].filter(([id, { topic, seen }]) => !this.#asked.has(id) && topic.hasNews(seen));
  }

  async #news(): Promise<void> {
    const isReady = () =>
      !this.#isWatching || this.#arrived.size > 0 || this.#gone.length > 0 || this.#toAsk().length > 0;
    while (!isReady() && !(this.#state.name === 'BEGINNING' && this.#asked.size === 0)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #ask([workflowId, watched]: [string, Open]): Promise<void> {
    this.#asked.add(workflowId);
    try {
      const state = await watched.topic.next(watched.seen);
      if (state) {
        watched.seen = state.sequence;
        this.#arrived.set(workflowId, state);
      } else {
        this.#close(workflowId);
        if (this.#open.size === 0) this.leave();
      }
    } catch (error) {
      this.#close(workflowId);
      this.#arrived.delete(workflowId);
      if (error instanceof GatewayError && !isUnauthenticated(error)) this.#gone.push({ workflowId, error });
      else this.#fail(error);
    }
    this.#asked.delete(workflowId);
    this.#wake();
  }

  /** Resolves when all workflows have responded, or after PATIENCE_MS. */
  async #askAll(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#hurry = () => {
      resolve(undefined);
    };
    const cancel = this.#after(PATIENCE_MS, this.#hurry);
    await Promise.race([Promise.all(this.#toAsk().map((each) => this.#ask(each))), promise]);
    cancel();
  }

  /** Throws the error that ends the subscription: a rejected key, a defect, or the loss of all workflows. */
  #checkOpen(): void {
    if (this.#state.name === 'LEFT') return;
    if (this.#state.name === 'FAILED') throw this.#state.error;
    const [lost] = this.#gone;
    if (lost && this.#open.size === 0) throw lost.error;
  }

  /** Returns the news and marks them as reported. */
  #take(): RunsChange {
    const since = new Map([...this.#open.keys()].map((id) => [id, this.#taken.get(id)?.sequence ?? 0]));
    for (const [workflowId, { sequence, stamp }] of this.#arrived) this.#taken.set(workflowId, { sequence, stamp });
    const states = [...this.#open.keys()].flatMap((id) => this.#taken.get(id)?.stamp ?? []);
    const change = { topic: 'runs', states, ...changeSince(since, this.#arrived, this.#gone) };
    this.#arrived.clear();
    this.#gone = [];
    return change;
  }
}

function changeSince(
  since: ReadonlyMap<string, number>,
  arrived: ReadonlyMap<string, WorkflowRuns>,
  gone: readonly UnavailableWorkflow[],
): Pick<RunsChange, 'since' | 'runs' | 'unavailable'> {
  const runs = [...arrived].flatMap(([workflowId, state]) =>
    changedRuns(state, since.get(workflowId) ?? 0).map(([runId, { record }]) => ({
      workflowId,
      runId,
      record,
      // A run without a record is older than all others.
      startMicros: record ? (record.value.startTime?.epochMicros ?? null) : -Infinity,
    })),
  );
  const faulty = [...arrived].flatMap(([workflowId, { staleBecause: error, runs: known }]) =>
    error && known.size === 0 ? [{ workflowId, error }] : [],
  );
  return {
    // A subscriber that has already reported a lost workflow gets a different event from the same states.
    since: JSON.stringify([...since, ...gone.map(({ workflowId }) => workflowId)]),
    runs: runs.sort(compareByPlace),
    unavailable: [...gone, ...faulty],
  };
}
