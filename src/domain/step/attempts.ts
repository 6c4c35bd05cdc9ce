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

/** What tells whether an execution stands for its node. */
type Told = TimedFacts & Pick<Execution, 'nodeId' | 'index'>;

/** What stands for each node, in the order of the nodes' first executions. */
export function latestAttempts<T extends Told>(executions: readonly T[]): T[] {
  const ofNodes = Map.groupBy(executions.toSorted(compareByPlace), (execution) => execution.nodeId);
  return [...ofNodes.values()].flatMap((ofNode) => latestOf(ofNode) ?? []);
}

/**
 * The last one supersedes those that had ended when it began. The others ran beside it (a fan-out): of all these stands the last
 * that is unfinished, else the last that failed, else the last.
 */
function latestOf<T extends Told>(ofNode: readonly T[]): T | undefined {
  const last = ofNode.at(-1);
  const lastBegan = (last && placeOf(last)) ?? Infinity;
  const together = ofNode.filter((execution) => execution === last || !hadEndedBy(execution, lastBegan));
  return (
    together.findLast(({ isFinished }) => !isFinished) ?? together.findLast(({ status }) => status === 'FAILED') ?? last
  );
}

/** True without a known end for one that is over: nothing tells that it ran beside others. */
const hadEndedBy = (execution: Told, micros: number): boolean =>
  (execution.isFinished || execution.endTime !== null) && (endMicrosOf(execution) ?? micros) <= micros;

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
