/** Decides when a fetched part of a run is final: it will never change, so it is never fetched again. */
import { latestAttempts } from '../domain/step/attempts.ts';
import { executionsOf } from '../domain/step/execution.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import { latest, type Timestamp } from '../domain/timestamp.ts';
import type { RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';
import { inPieces } from '../upstream/transport/in-pieces.ts';
import type { Cached } from './cache-partitions.ts';
import type { Clock } from './timer.ts';

/** Null: the upstream has no record of the run. */
export type MaybeRecord = RunRecord | null;
export type StepList = readonly StepFacts[];

/** How far the upstream's times may be behind this gateway's clock, where they are local times without a zone or its clock is wrong. */
const MAX_SKEW_MS = 86_400_000;

interface Activity {
  readonly areFinished: boolean;
  /** The last start or end, by the upstream's clock, in ms since 1970; Infinity where more is to come, or none is known. */
  readonly lastMs: number;
}

/** What another gateway has found final is so here, too, unless something later says otherwise: this one may not know by what. */
export interface Finality {
  ofRecord(record: Cached<MaybeRecord>, steps: Cached<StepList> | undefined): boolean;
  /** `graph` is called only where the steps alone are not enough. */
  ofSteps(steps: Cached<StepList>, record: Cached<MaybeRecord> | undefined, graph: () => WorkflowGraph | null): boolean;
  /** To be called with each new list and the one before: by this gateway's clock it is known how long nothing has changed. */
  follow(before: Cached<StepList>, steps: StepList): Promise<void>;
}

/** `settleMs`: the quiet period after which a run without a record counts as final. */
export function createFinality(settleMs: number, wallOf: Clock['wallOf']): Finality {
  const activities = new WeakMap<StepList, Activity>();
  /** When this gateway first had the same list, in ms since 1970. */
  const unchangedSince = new WeakMap<StepList, number>();
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

  /** Finished steps alone don't prove that the run is over: the next step may not exist yet. A quiet period does. */
  function areSettled({ value, sentAt }: Cached<StepList>, atMs = sentAt): boolean {
    const { lastMs } = activityOf(value);
    if (lastMs === Infinity) return false;
    return isLongPast(lastMs + MAX_SKEW_MS, atMs) || (unchangedSince.get(value) ?? sentAt) + settleMs <= atMs;
  }

  /** Where the upstream's clock is behind, steps that say that they run may be older than the record. */
  function areAfter(endTime: Timestamp, { value, sentAt }: Cached<StepList>): boolean {
    const endMs = endTime.epochMicros / 1000;
    return isLongPast(activityOf(value).areFinished ? endMs : endMs + MAX_SKEW_MS, sentAt);
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
      if (value) return isTerminal(runStatusOf(value.rawStatus));
      if (isFinal) return true;
      return steps !== undefined && (areSettled(steps) || (completed.has(steps) && areSettled(steps, sentAt)));
    },

    /**
     * Record and steps are fetched concurrently, so the steps may be slightly older than a terminal record. They are final
     * if they were requested after the terminal record had come, or long after the end that it names.
     */
    ofSteps(steps, record, graph) {
      const isOpen = record?.value && !isTerminal(runStatusOf(record.value.rawStatus));
      // Another gateway may have had no record to judge by: one that was asked for later knows better.
      if (steps.isFinal) return !isOpen || record.sentAt <= steps.fetchedAt + (steps.uncertaintyMs ?? 0);
      if (isOpen) return false;
      if (!record?.value) return areSettled(steps) || areCompleted(steps, graph);
      const { endTime } = record.value;
      return (
        steps.sentAt > record.fetchedAt + (record.uncertaintyMs ?? 0) || (endTime !== null && areAfter(endTime, steps))
      );
    },

    async follow(before, steps) {
      if (!(await inPieces(areSame(before.value, steps)))) return;
      const since = unchangedSince.get(before.value) ?? before.fetchedAt + (before.uncertaintyMs ?? 0);
      unchangedSince.set(steps, since);
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
const shownOf = ({ id, rawStatus, startTime, endTime }: StepFacts): string =>
  JSON.stringify([id, rawStatus, startTime?.epochMicros, endTime?.epochMicros]);

function activityIn(steps: StepList): Activity {
  // As the run's status is inferred; one that can't be read may still run.
  const areFinished =
    steps.every(({ problem }) => problem === undefined) &&
    latestAttempts(executionsOf(steps), false).every(({ isFinished }) => isFinished);
  const last = latest(steps.flatMap(({ startTime, endTime }) => [startTime, endTime]));
  return { areFinished, lastMs: areFinished && last ? last.epochMicros / 1000 : Infinity };
}
