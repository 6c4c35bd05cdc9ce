/** Decides when a fetched part of a run is final: it will never change, so it is never fetched again. */
import { latestAttempts } from '../domain/step/attempts.ts';
import { executionsOf } from '../domain/step/execution.ts';
import { createRun } from '../domain/run/run.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import { timestampOf } from '../domain/timestamp.ts';
import type { RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';
import type { Cached } from './cache-partitions.ts';

/** Null: the upstream has no record of the run. */
export type MaybeRecord = RunRecord | null;
export type StepList = readonly StepFacts[];

/** What another gateway has found final is so here, too, unless something later says otherwise: this one may not know by what. */
export interface Finality {
  ofRecord(record: Cached<MaybeRecord>, steps: Cached<StepList> | undefined): boolean;
  /** `graph` is called only where the steps alone are not enough. */
  ofSteps(steps: Cached<StepList>, record: Cached<MaybeRecord> | undefined, graph: () => WorkflowGraph | null): boolean;
}

/** `settleMs`: the quiet period after which a run without a record counts as final. */
export function createFinality(settleMs: number): Finality {
  /** Since when nothing more has happened; Infinity where something still may. */
  const quietSince = new WeakMap<Cached<StepList>, number>();
  /** Those that have reached the end of the graph: not everybody who asks has it at hand. */
  const completed = new WeakSet<Cached<StepList>>();
  /** The end with which they were compared last: that takes a while, and a run is asked for many times. */
  const comparedWith = new WeakMap<Cached<StepList>, string>();

  /** Finished steps alone don't prove that the run is over: the next step may not exist yet. A quiet period does. */
  function areSettled(steps: Cached<StepList>, atMs = steps.sentAt): boolean {
    const quietMicros = quietSince.get(steps) ?? quietSinceOf(steps);
    quietSince.set(steps, quietMicros);
    return isLongPast(quietMicros, atMs);
  }

  const isLongPast = (epochMicros: number, atMs: number): boolean => epochMicros / 1000 + settleMs <= atMs;

  function areCompleted(steps: Cached<StepList>, graph: () => WorkflowGraph | null): boolean {
    if (completed.has(steps)) return true;
    const finish = graph()?.finish ?? null;
    if (finish === null || comparedWith.get(steps) === finish) return false;
    comparedWith.set(steps, finish);
    if (hasCompleted(steps.value, finish)) completed.add(steps);
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
        steps.sentAt > record.fetchedAt + (record.uncertaintyMs ?? 0) ||
        (endTime !== null && isLongPast(endTime.epochMicros, steps.sentAt))
      );
    },
  };
}

/** True if the node that runs last has, and nothing else is still running. */
function hasCompleted(steps: StepList, finish: string): boolean {
  const executions = executionsOf(steps);
  const atFinish = latestAttempts(executions).find((step) => step.nodeId === finish);
  return atFinish?.status === 'COMPLETED' && executions.every((step) => step.isFinished);
}

/** In microseconds since 1970. */
function quietSinceOf({ value, fetchedAt }: Cached<StepList>): number {
  const { isFinished, lastActivityAt } = createRun(
    {
      workflowId: '',
      id: '',
      record: null,
      steps: value,
      graph: undefined,
      freshness: { fetchedAt: timestampOf(fetchedAt), isFinal: false, isStale: false, staleReason: null },
    },
    fetchedAt,
  );
  return isFinished && lastActivityAt ? lastActivityAt.epochMicros : Infinity;
}
