/** Runs that support claims about a workflow's failures, and the steps that are loaded for them. */
import { failureOf, type Failure, type FailureGroup } from '../../domain/workflow/failure-groups.ts';
import {
  createGroupHistory,
  isFinished,
  LOOK_BACK,
  startOf,
  type GroupHistory,
} from '../../domain/workflow/group-history.ts';
import type { RunRecord } from '../../domain/types.ts';
import type { LookBack, RunsInWindow } from '../../runs/history/run-history.ts';
import type { RunRef } from '../../upstream/client.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { Context } from '../context.ts';
import { loadInTurns } from '../lists/settle.ts';
import type { ExaminedRun } from '../object-references.ts';

export interface RunsOfWorkflow extends RunsInWindow {
  readonly workflowId: string;
}

const MICROS_A_DAY = 86_400_000_000;

/** Doesn't depend on the window's start. */
export const lookBackFrom = (endMicros: number): LookBack => ({
  mostRuns: LOOK_BACK.mostRuns,
  leastRuns: LOOK_BACK.leastRuns,
  sinceMicros: endMicros - LOOK_BACK.days * MICROS_A_DAY,
});

export class Examination {
  readonly workflowId: string;
  /** Runs of the window, newest first. */
  readonly window: readonly RunRecord[];
  /** Runs after the window. */
  readonly later: readonly RunRecord[];
  /** The window and the look-back. */
  readonly past: readonly RunRecord[];
  readonly all: readonly RunRecord[];
  readonly failures: Failure[] = [];
  /** Errors of runs whose steps couldn't be loaded, by run id. */
  readonly errors = new Map<string, GatewayError>();
  readonly #isWhole: boolean;
  readonly #completedNodes = new Map<string, ReadonlySet<string>>();
  #newestFinished: readonly RunRecord[] | undefined;
  readonly #context: Context;

  constructor({ workflowId, records, earlier, later, isFromBeginning }: RunsOfWorkflow, context: Context) {
    this.workflowId = workflowId;
    this.window = records;
    this.later = later;
    this.past = [...records, ...earlier];
    this.all = [...later, ...this.past];
    this.#isWhole = isFromBeginning;
    this.#context = context;
  }

  isTried({ id }: RunRecord): boolean {
    return this.#completedNodes.has(id) || this.errors.has(id);
  }

  /** Whether it is known if and why the run failed. */
  isExamined(record: RunRecord): boolean {
    return record.status !== 'FAILED' || this.#completedNodes.has(record.id);
  }

  /** Finished runs with a start, newest first. */
  get newestFinished(): readonly RunRecord[] {
    const started = () => this.all.filter((record) => isFinished(record) && startOf(record) !== null);
    return (this.#newestFinished ??= started().sort((a, b) => (startOf(b) ?? 0) - (startOf(a) ?? 0)));
  }

  async load(record: RunRecord): Promise<void> {
    const context = this.#context;
    const ref = { workflowId: this.workflowId, runId: record.id };
    try {
      const read = () => readRun(ref, record, context);
      const { completedNodes, failure } = await context.examinedRuns(JSON.stringify([ref.workflowId, ref.runId]), read);
      this.#completedNodes.set(record.id, completedNodes);
      if (failure) this.failures.push(failure);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.errors.set(record.id, error);
      // A later operation may load it.
      context.lifetime.limit(0);
    }
  }

  /** Based on the runs loaded so far. */
  history(): (group: FailureGroup) => GroupHistory {
    return createGroupHistory({
      records: this.all,
      failures: this.failures,
      completedNodes: this.#completedNodes,
      isUnreadable: ({ id }) => this.errors.has(id),
      isWhole: this.#isWhole,
    });
  }
}

/** Once per operation, because groups of other windows need the same data. */
async function readRun(ref: RunRef, record: RunRecord, { runs, errorInfo }: Context): Promise<ExaminedRun> {
  const run = await runs().loadWithSteps(ref);
  const completed = (run?.latestAttempts ?? []).filter(({ status }) => status === 'COMPLETED');
  return {
    completedNodes: new Set(completed.map(({ nodeId }) => nodeId)),
    failure: record.status === 'FAILED' ? failureOf(record, run, errorInfo) : null,
  };
}

export interface RunOfExamination {
  readonly examination: Examination;
  readonly record: RunRecord;
}

/** Runs beyond the operation's limits aren't loaded, so the most important ones come first. */
export async function loadAll(wanted: readonly RunOfExamination[], context: Context): Promise<void> {
  const unique = new Map<RunRecord, RunOfExamination>();
  for (const each of wanted) if (!each.examination.isTried(each.record)) unique.set(each.record, each);
  await loadInTurns([...unique.values()], ({ examination, record }) => examination.load(record), context);
}

export interface GroupsOfWorkflow {
  readonly examination: Examination;
  readonly groups: readonly FailureGroup[];
}

/** Runs to load for each group before any others. */
const LEAST = { failed: 2, completed: 3 };
/** Additional completed runs, because the node may not run in each. */
const SPARE_COMPLETED = 2;

/** Loads the failed runs of the look-back: no claim extends past a failed run of unknown cause. */
export async function examineFailures(examined: readonly GroupsOfWorkflow[], context: Context): Promise<void> {
  // Other fields of the operation may read pages, which come first.
  await context.pages.areRead();
  await loadAll(examined.flatMap(failedBefore), context);
  await loadAll(
    examined.flatMap((each) => completedSince(each, () => LEAST.completed)),
    context,
  );
  const withGroups = examined.filter(({ groups }) => groups.length > 0);
  await loadAll(newestFirst(withGroups.flatMap(({ examination }) => untried(examination, examination.past))), context);
}

/** Runs that haven't started come first. */
export const newestFirst = (runs: readonly RunOfExamination[]): RunOfExamination[] =>
  runs.toSorted((a, b) => startForOrder(b.record) - startForOrder(a.record));

export const startForOrder = (record: RunRecord): number => startOf(record) ?? Number.MAX_VALUE;

function failedBefore({ examination, groups }: GroupsOfWorkflow): RunOfExamination[] {
  const failed = untried(examination, examination.past);
  return groups.map(examination.history()).flatMap(({ firstSeenAt }) => {
    const isBefore = ({ record }: RunOfExamination): boolean =>
      firstSeenAt !== null && (startOf(record) ?? Infinity) < firstSeenAt.epochMicros;
    return failed.filter(isBefore).slice(0, LEAST.failed);
  });
}

/** Loads runs that may show that a failure is resolved, beginning with those that may have the same failure. */
export async function examineCompletions(examined: readonly GroupsOfWorkflow[], context: Context): Promise<void> {
  const mayBeResolved = ({ examination, groups }: GroupsOfWorkflow): boolean =>
    groups.map(examination.history()).some(({ completionsNeeded }) => completionsNeeded !== null);
  const failed = examined.filter(mayBeResolved).flatMap(({ examination }) => untried(examination, examination.later));
  await loadAll(failed, context);
  await loadAll(
    examined.flatMap((each) => completedSince(each, (needed) => needed + SPARE_COMPLETED)),
    context,
  );
  await loadAll(examined.flatMap(completedInGap), context);
}

/** The newest completed runs in the gap of failures that may have returned. */
const completedInGap = ({ examination, groups }: GroupsOfWorkflow): RunOfExamination[] =>
  groups.map(examination.history()).flatMap(({ openGap }) => {
    if (!openGap) return [];
    const isIn = (start: number) => start > openGap.fromMicros && start < openGap.toMicros;
    return examination.all
      .filter((record) => record.status === 'COMPLETED' && isIn(startOf(record) ?? 0))
      .slice(0, LEAST.completed + SPARE_COMPLETED)
      .map((record) => ({ examination, record }));
  });

/** The newest completed runs since the last failure of each group, or none if they can't resolve it. */
function completedSince(
  { examination, groups }: GroupsOfWorkflow,
  countOf: (needed: number) => number,
): RunOfExamination[] {
  return groups.map(examination.history()).flatMap(({ completionsNeeded, lastMicros }) => {
    if (completionsNeeded === null || lastMicros === null) return [];
    return examination.all
      .filter(({ status, startTime }) => status === 'COMPLETED' && (startTime?.epochMicros ?? 0) > lastMicros)
      .slice(0, countOf(completionsNeeded))
      .map((record) => ({ examination, record }));
  });
}

/** Failed runs that haven't been loaded, newest first. */
const untried = (examination: Examination, records: readonly RunRecord[]): RunOfExamination[] =>
  records
    .filter((record) => record.status === 'FAILED' && !examination.isTried(record))
    .map((record) => ({ examination, record }));
