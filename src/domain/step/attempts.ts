/** Which executions of a node are retries of a failure, and which are iterations of a loop or a fan-out. */
import { compareByStart, endMicrosOf, type Execution } from './execution.ts';
import type { AttemptKind, StepAttempt } from '../types.ts';

export interface Attempt extends Omit<StepAttempt, 'previousAttempt'> {
  readonly execution: Execution;
}

/**
 * Numbers the executions of each node from 1, by start then upstream index: the first is FIRST; one is a RETRY if the
 * one right before it failed and had ended by its start; any other is an ITERATION. A failure is superseded when the
 * next execution is a retry of it. Takes executions in the order of `executionsOf`, and answers in it.
 */
export function attemptsOf(executions: readonly Execution[]): Attempt[] {
  const ofNodes = Map.groupBy(executions, (execution) => execution.nodeId);
  return [...ofNodes.values()].flatMap(attemptsOfNode).sort((a, b) => compareByStart(a.execution, b.execution));
}

/** The last execution of each node, in the order of the nodes' first ones. */
export function latestAttempts<T extends Pick<Execution, 'nodeId'>>(executions: readonly T[]): T[] {
  return [...new Map(executions.map((execution) => [execution.nodeId, execution])).values()];
}

function attemptsOfNode(executions: readonly Execution[]): Attempt[] {
  const kinds = executions.map((execution, i) => kindOf(execution, executions[i - 1]));
  return executions.map((execution, i) => ({
    execution,
    attempt: i + 1,
    attemptCount: executions.length,
    attemptKind: kinds[i] ?? 'FIRST',
    isSuperseded: kinds[i + 1] === 'RETRY',
  }));
}

function kindOf(execution: Execution, previous: Execution | undefined): AttemptKind {
  if (!previous) return 'FIRST';
  return previous.status === 'FAILED' && hadEndedBy(previous, execution) ? 'RETRY' : 'ITERATION';
}

/** Where nothing tells the end, or the start of a step that is over, nothing proves a retry either. */
function hadEndedBy(failed: Execution, next: Execution): boolean {
  // One that still waits to start will start later than the failure that is already there.
  if (!next.startTime) return !next.isFinished;
  const end = endMicrosOf(failed);
  return end !== null && end <= next.startTime.epochMicros;
}
