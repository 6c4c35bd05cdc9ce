/** Which executions of a node are retries of a failure, and which are iterations of a loop or a fan-out. */
import { endMicrosOf, type TimedFacts } from './duration.ts';
import { compareByPlace, placeOf, type Execution } from './execution.ts';
import type { AttemptKind, StepAttempt } from '../types.ts';

export interface Attempt extends Omit<StepAttempt, 'previousAttempt'> {
  readonly execution: Execution;
}

/**
 * Numbers the executions of each node from 1, in order of `compareByPlace`: the first is FIRST; one is a RETRY if the
 * one right before it failed and had ended by its place; any other is an ITERATION. A failure is superseded when the
 * next execution is a retry of it. Answers node by node.
 */
export function attemptsOf(executions: readonly Execution[]): Attempt[] {
  const ofNodes = Map.groupBy(executions.toSorted(compareByPlace), (execution) => execution.nodeId);
  return [...ofNodes.values()].flatMap(attemptsOfNode);
}

type NodeExecution = TimedFacts & Pick<Execution, 'nodeId' | 'index'>;

/** The latest execution of each node, in the order of the nodes' first executions. In a run that is over nothing runs any more. */
export const latestAttempts = <T extends NodeExecution>(executions: readonly T[], isRunOver: boolean): T[] =>
  remainingByNode(executions).flatMap((remaining) => {
    const unfinished = isRunOver ? undefined : remaining.findLast(({ isFinished }) => !isFinished);
    return unfinished ?? remaining.findLast(({ status }) => status === 'FAILED') ?? remaining.slice(-1);
  });

/** The last execution of each node supersedes those that had ended when it began. The others ran in parallel with it, and remain. */
export function remainingByNode<T extends NodeExecution>(executions: readonly T[]): T[][] {
  const ofNodes = Map.groupBy(executions.toSorted(compareByPlace), (execution) => execution.nodeId);
  return [...ofNodes.values()].map((ofNode) => {
    const last = ofNode.at(-1);
    const lastBegan = (last && placeOf(last)) ?? Infinity;
    return ofNode.filter((execution) => execution === last || !hadEndedBy(execution, lastBegan));
  });
}

/** Without a known end a finished execution had ended, and an unfinished one had not, whatever its `elapsed_time`. */
function hadEndedBy(execution: NodeExecution, micros: number): boolean {
  const hasEnded = execution.isFinished || execution.endTime !== null;
  const end = hasEnded ? endMicrosOf(execution) : null;
  return end === null ? execution.isFinished : end <= micros;
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
  // Where nothing tells the end of the failure, nothing proves a retry. One without a place comes after all that ended.
  const end = previous.status === 'FAILED' ? endMicrosOf(previous) : null;
  return end !== null && end <= (placeOf(execution) ?? Infinity) ? 'RETRY' : 'ITERATION';
}
