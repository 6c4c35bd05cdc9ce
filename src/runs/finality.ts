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

export interface Finality {
  ofRecord(record: Cached<MaybeRecord>, steps: Cached<StepList> | undefined): boolean;
  /** `graph` is called only where the steps alone are not enough. */
  ofSteps(steps: Cached<StepList>, record: Cached<MaybeRecord> | undefined, graph: () => WorkflowGraph | null): boolean;
}

/** `settleMs`: the quiet period after which a run without a record counts as final. */
export function createFinality(settleMs: number): Finality {
  const settled = new WeakMap<Cached<StepList>, boolean>();

  /** Finished steps alone don't prove that the run is over: the next step may not exist yet. A quiet period does. */
  function areSettled(steps: Cached<StepList>): boolean {
    const cached = settled.get(steps);
    if (cached !== undefined) return cached;
    const { isFinished, lastActivityAt } = inferredRun(steps);
    const isSettled = isFinished && lastActivityAt !== null && isLongPast(lastActivityAt.epochMicros, steps.sentAt);
    settled.set(steps, isSettled);
    return isSettled;
  }

  const isLongPast = (epochMicros: number, atMs: number): boolean => epochMicros / 1000 + settleMs <= atMs;

  return {
    ofRecord: ({ value }, steps) =>
      value ? isTerminal(runStatusOf(value.rawStatus)) : steps !== undefined && areSettled(steps),

    /**
     * Record and steps are fetched concurrently, so the steps may be slightly older than a terminal record. They are final
     * if they were requested after the terminal record had come, or long after the end that it names.
     */
    ofSteps(steps, record, graph) {
      if (!record?.value) return areSettled(steps) || hasCompleted(steps.value, graph()?.finish ?? null);
      const { rawStatus, endTime } = record.value;
      if (!isTerminal(runStatusOf(rawStatus))) return false;
      return (
        steps.sentAt > record.fetchedAt + (record.uncertaintyMs ?? 0) ||
        (endTime !== null && isLongPast(endTime.epochMicros, steps.sentAt))
      );
    },
  };
}

/** True if the node that runs last has, and nothing else is still running. */
function hasCompleted(steps: StepList, finish: string | null): boolean {
  const executions = executionsOf(steps);
  const atFinish = latestAttempts(executions).find((step) => step.nodeId === finish);
  return atFinish?.status === 'COMPLETED' && executions.every((step) => step.isFinished);
}

const inferredRun = ({ value, fetchedAt }: Cached<StepList>) =>
  createRun(
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
