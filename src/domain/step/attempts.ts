/** Distinguishes retries of a failure from iterations of a loop or a fan-out. */
import { endMicrosOf, type TimedFacts } from './duration.ts';
import { compareByPlace, placeOf, type Execution, type StepDraft } from './execution.ts';
import type { AttemptKind } from '../types.ts';

type NodeExecution = TimedFacts & Pick<Execution, 'nodeId' | 'index'>;

/** Executions of each node, sorted by `compareByPlace`. Nodes are in the order of their first executions. */
const ofNodes = <T extends NodeExecution>(executions: readonly T[]): Iterable<readonly T[]> =>
  Map.groupBy(executions.toSorted(compareByPlace), ({ nodeId }) => nodeId).values();

/**
 * An execution is a RETRY if the previous one failed and had ended by its place, and otherwise an ITERATION. A failure
 * is superseded if the next execution retries it.
 */
export function numberAttempts(steps: readonly StepDraft[]): void {
  for (const ofNode of ofNodes(steps)) {
    let previous: StepDraft | null = null;
    let attempt = 0;
    for (const step of ofNode) {
      attempt += 1;
      step.attempt = attempt;
      step.attemptCount = ofNode.length;
      step.attemptKind = kindOf(step, previous);
      if (previous && step.attemptKind === 'RETRY') {
        step.previousAttempt = previous;
        previous.isSuperseded = true;
      }
      previous = step;
    }
  }
}

function kindOf(execution: Execution, previous: Execution | null): AttemptKind {
  if (!previous) return 'FIRST';
  // A failure without a known end proves no retry. An execution without a place comes after all that have ended.
  const end = previous.status === 'FAILED' ? endMicrosOf(previous) : null;
  return end !== null && end <= (placeOf(execution) ?? Infinity) ? 'RETRY' : 'ITERATION';
}

/** Latest execution of each node, in the order of the nodes' first executions. No step runs in a run that is over. */
export const latestAttempts = <T extends NodeExecution>(executions: readonly T[], isRunOver: boolean): T[] =>
  [...ofNodes(executions)].flatMap((ofNode) => {
    if (ofNode.length === 1) return ofNode;
    const remaining = remainingOf(ofNode);
    const unfinished = isRunOver ? undefined : remaining.findLast(({ isFinished }) => !isFinished);
    return unfinished ?? remaining.findLast(({ status }) => status === 'FAILED') ?? remaining.slice(-1);
  });

export const remainingAttempts = <T extends NodeExecution>(executions: readonly T[]): T[] =>
  [...ofNodes(executions)].flatMap(remainingOf);

/** The last execution supersedes those that had ended when it began. The others ran in parallel and remain. */
function remainingOf<T extends NodeExecution>(ofNode: readonly T[]): readonly T[] {
  const last = ofNode.at(-1);
  const lastBegan = (last && placeOf(last)) ?? Infinity;
  return ofNode.filter((execution) => execution === last || !hadEndedBy(execution, lastBegan));
}

/** Without a known end, a finished execution had ended and an unfinished one had not, whatever its `elapsed_time`. */
function hadEndedBy(execution: NodeExecution, micros: number): boolean {
  const hasEnded = execution.isFinished || execution.endTime !== null;
  const end = hasEnded ? endMicrosOf(execution) : null;
  return end === null ? execution.isFinished : end <= micros;
}
