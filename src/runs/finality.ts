/** When what was fetched of a run is final: it will never change, so it is never fetched again. */
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
  /** `graph` is asked for only where the steps alone leave it open. */
  ofSteps(steps: Cached<StepList>, record: Cached<MaybeRecord> | undefined, graph: () => WorkflowGraph | null): boolean;
}

/** `settleMs`: how long nothing must have happened before it is believed that nothing more will. */
export function createFinality(settleMs: number): Finality {
  const settled = new WeakMap<Cached<StepList>, boolean>();

  /** A list of finished steps does not prove that the run is over (the next step may not exist yet), but time does. */
  function areSettled(steps: Cached<StepList>): boolean {
    const known = settled.get(steps);
    if (known !== undefined) return known;
    const { isFinished, lastActivityAt } = inferredRun(steps);
    const answer = isFinished && lastActivityAt !== null && isLongPast(lastActivityAt.epochMicros, steps.sentAt);
    settled.set(steps, answer);
    return answer;
  }

  const isLongPast = (epochMicros: number, atMs: number): boolean => epochMicros / 1000 + settleMs <= atMs;

  return {
    ofRecord: ({ value }, steps) =>
      value ? isTerminal(runStatusOf(value.rawStatus)) : steps !== undefined && areSettled(steps),

    /**
     * Record and steps are fetched side by side, so the steps may be a moment older than a terminal record. They are
     * final when they were asked for after the record was known to be terminal, or long after the end that it names.
     */
    ofSteps(steps, record, graph) {
      if (!record?.value) return areSettled(steps) || hasCompleted(steps.value, graph()?.finish ?? null);
      const { rawStatus, endTime } = record.value;
      if (!isTerminal(runStatusOf(rawStatus))) return false;
      return steps.sentAt > record.fetchedAt || (endTime !== null && isLongPast(endTime.epochMicros, steps.sentAt));
    },
  };
}

/** True if the node that runs last has, and nothing else is still running. */
function hasCompleted(steps: StepList, finish: string | null): boolean {
  const atFinish = executionsOf(steps.filter((step) => step.nodeId === finish));
  return atFinish.at(-1)?.status === 'COMPLETED' && executionsOf(steps).every((step) => step.isFinished);
}

const inferredRun = ({ value, fetchedAt }: Cached<StepList>) =>
  createRun(
    {
      workflowId: '',
      id: '',
      record: null,
      steps: value,
      graph: null,
      freshness: { fetchedAt: timestampOf(fetchedAt), isFinal: false, isStale: false, staleReason: null },
    },
    fetchedAt,
  );
