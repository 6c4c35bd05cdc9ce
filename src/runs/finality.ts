/** Decides when a fetched part of a run is final: it will never change, so it is never fetched again. */
import { latestAttempts } from '../domain/step/attempts.ts';
import { executionsOf } from '../domain/step/execution.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import { latest } from '../domain/timestamp.ts';
import type { RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';
import { inPieces } from '../upstream/transport/in-pieces.ts';
import type { Cached } from './cache-partitions.ts';
import type { Clock } from './timer.ts';

/** Null: the upstream has no record of the run. */
export type MaybeRecord = RunRecord | null;
export type StepList = readonly StepFacts[];

export const hasRecord = (cached: Cached<MaybeRecord>): cached is Cached<RunRecord> => cached.value !== null;

/** How far the upstream's times may be behind this gateway's clock, where they are local times without a zone or its clock is wrong. */
const MAX_SKEW_MS = 86_400_000;

interface Activity {
  /** True if every step is finished. */
  readonly areFinished: boolean;
  /** The last start or end, by the upstream's clock, in ms since 1970; Infinity where more is to come, or none is known. */
  readonly lastMs: number;
}

/** What another gateway has found final is so here, too, unless something later says otherwise: this one may not know by what. */
export interface Finality {
  ofRecord(record: Cached<MaybeRecord>, steps: Cached<StepList> | undefined): boolean;
  /** `graph` is called only where the steps alone are not enough. */
  ofSteps(steps: Cached<StepList>, record: Cached<MaybeRecord> | undefined, graph: () => WorkflowGraph | null): boolean;
  /** To be called with each new answer and the one before: this gateway's clock measures how long nothing has changed. */
  followRecord(before: Cached<MaybeRecord>, record: MaybeRecord): void;
  followSteps(before: Cached<StepList>, steps: StepList): Promise<void>;
}

/** `settleMs`: the quiet period after which a run is final whose record or steps do not say that they are complete. */
export function createFinality(settleMs: number, wallOf: Clock['wallOf']): Finality {
  const activities = new WeakMap<StepList, Activity>();
  /** When this gateway first had the same record or list, in ms since 1970. */
  const unchangedSince = new WeakMap<RunRecord | StepList, number>();
  /** Those that have reached the end of the graph: not everybody who asks has it at hand. */
  const completed = new WeakSet<Cached<StepList>>();
  /** The end with which they were compared last: that takes a while, and a run is asked for many times. */
  const comparedWith = new WeakMap<Cached<StepList>, string>();

  function activityOf(steps: StepList): Activity {
    const activity = activities.get(steps) ?? activityIn(steps);
    activities.set(steps, activity);
    return activity;
  }

  const isLongPast = (upstreamMs: number, atMs: number): boolean => upstreamMs + settleMs <= wallOf(atMs);

  const firstFetchedAt = (value: RunRecord | StepList, { fetchedAt, uncertaintyMs = 0 }: Cached<unknown>): number =>
    unchangedSince.get(value) ?? fetchedAt + uncertaintyMs;

  const isUnchanged = (value: RunRecord | StepList, sentAt: number, atMs = sentAt): boolean =>
    (unchangedSince.get(value) ?? sentAt) + settleMs <= atMs;

  /** Finished steps alone don't prove that the run is over: the next step may not exist yet. A quiet period does. */
  function areSettled({ value, sentAt }: Cached<StepList>, atMs = sentAt): boolean {
    const { lastMs } = activityOf(value);
    if (lastMs === Infinity) return false;
    return isLongPast(lastMs + MAX_SKEW_MS, atMs) || isUnchanged(value, sentAt, atMs);
  }

  /**
   * Record and steps are fetched concurrently, so finished steps may be older than a terminal record and lack the last one. Unfinished
   * ones are waited for: an engine may close its steps after the record.
   */
  function areClosed({ value, sentAt }: Cached<StepList>, record: Cached<RunRecord>): boolean {
    const { endTime } = record.value;
    const endMs = endTime ? endTime.epochMicros / 1000 : Infinity;
    const recordAt = firstFetchedAt(record.value, record);
    if (activityOf(value).areFinished) return sentAt > recordAt || isLongPast(endMs, sentAt);
    const hasSettled = isUnchanged(value, sentAt) && recordAt + settleMs <= sentAt;
    return hasSettled || isLongPast(endMs + MAX_SKEW_MS, sentAt);
  }

  function areCompleted(steps: Cached<StepList>, graph: () => WorkflowGraph | null): boolean {
    if (completed.has(steps)) return true;
    const finish = graph()?.finish ?? null;
    if (finish === null || comparedWith.get(steps) === finish) return false;
    comparedWith.set(steps, finish);
    // If the node that runs last has, and nothing else is still running.
    const atFinish = latestAttempts(executionsOf(steps.value), false).find((step) => step.nodeId === finish);
    if (atFinish?.status === 'COMPLETED' && activityOf(steps.value).areFinished) completed.add(steps);
    return completed.has(steps);
  }

  return {
    ofRecord({ value, isFinal = false, sentAt }, steps) {
      if (value && !isTerminal(runStatusOf(value.rawStatus))) return false;
      if (value?.endTime || isFinal) return true;
      if (value) return isUnchanged(value, sentAt);
      return steps !== undefined && (areSettled(steps) || (completed.has(steps) && areSettled(steps, sentAt)));
    },

    ofSteps(steps, record, graph) {
      const isOpen = record?.value && !isTerminal(runStatusOf(record.value.rawStatus));
      // Another gateway may have had no record to judge by: one that was asked for later knows better.
      if (steps.isFinal) return !isOpen || record.sentAt <= steps.fetchedAt + (steps.uncertaintyMs ?? 0);
      if (isOpen) return false;
      if (!record || !hasRecord(record)) return areSettled(steps) || areCompleted(steps, graph);
      return areClosed(steps, record);
    },

    followRecord(before, record) {
      if (!before.value || !record || before.value === record || shownOf(before.value) !== shownOf(record)) return;
      unchangedSince.set(record, firstFetchedAt(before.value, before));
    },
    async followSteps(before, steps) {
      if (before.value === steps || !(await inPieces(areSame(before.value, steps)))) return;
      unchangedSince.set(steps, firstFetchedAt(before.value, before));
    },
  };
}

/** In whatever order. Payloads don't count: links in them may be signed anew for each answer. */
function* areSame(before: StepList, steps: StepList): Generator<void, boolean, void> {
  if (before.length !== steps.length) return false;
  const counts = new Map<string, number>();
  for (const step of before) counts.set(shownOf(step), (counts.get(shownOf(step)) ?? 0) + 1);
  for (const step of steps) {
    yield;
    const count = counts.get(shownOf(step)) ?? 0;
    if (count === 0) return false;
    counts.set(shownOf(step), count - 1);
  }
  return true;
}

/** Ids may occur more than once. */
const shownOf = ({ id, rawStatus, startTime, endTime }: StepFacts | RunRecord): string =>
  JSON.stringify([id, rawStatus, startTime?.epochMicros, endTime?.epochMicros]);

function activityIn(steps: StepList): Activity {
  const executions = executionsOf(steps);
  // A step that can't be read may still run.
  const areReadable = executions.length === steps.length;
  const areFinished = areReadable && executions.every(({ isFinished }) => isFinished);
  // As the run's status is inferred.
  const isOver = areReadable && latestAttempts(executions, false).every(({ isFinished }) => isFinished);
  const last = latest(steps.flatMap(({ startTime, endTime }) => [startTime, endTime]));
  return { areFinished, lastMs: isOver && last ? last.epochMicros / 1000 : Infinity };
}
