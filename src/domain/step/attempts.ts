/** Distinguishes retries of a failure from iterations of a loop or a fan-out. */
import { endMicrosOf, isUnderWay } from './duration.ts';
import { compareByPlace, draftsOf, placeOf, type StepDraft } from './execution.ts';
import type { StepFacts } from '../types.ts';
import { UnrepeatedFailures } from './unrepeated-failures.ts';

/** Readable steps with their attempts, sorted by `compareByStart`. */
export function executionsOf(facts: readonly StepFacts[]): StepDraft[] {
  const executions = draftsOf(facts);
  for (const ofNode of ofNodes(executions)) if (ofNode.length > 1) numberAttempts(ofNode);
  return executions;
}

/** Executions of each node, sorted by `compareByPlace`. Nodes are in the order of their first executions. */
const ofNodes = (executions: readonly StepDraft[]): Iterable<readonly StepDraft[]> =>
  Map.groupBy(executions.toSorted(compareByPlace), ({ nodeId }) => nodeId).values();

/** Only a RETRY has a `previousAttempt`. The others are the node's FIRST execution, and ITERATIONs. */
function numberAttempts(ofNode: readonly StepDraft[]): void {
  for (const ofItem of Map.groupBy(ofNode, ({ itemKey }) => itemKey).values()) findRetries(ofItem);
  for (const [position, step] of ofNode.entries()) {
    step.attempt = position + 1;
    step.attemptCount = ofNode.length;
    if (position > 0) step.attemptKind = step.previousAttempt ? 'RETRY' : 'ITERATION';
  }
}

/**
 * A reported attempt repeats the failure of the attempt before it. Any other execution repeats a failure that had ended
 * by its start: the nearest one with equal inputs, or, if executions of the item never overlap, the execution before
 * it. Different inputs are different work, such as the next item of a loop.
 */
function findRetries(ofItem: readonly StepDraft[]): void {
  const isSequence = neverOverlap(ofItem);
  const unrepeated = new UnrepeatedFailures(ofItem);
  let previous: StepDraft | null = null;
  for (const step of ofItem) {
    const before = isSequence && previous && mayRepeat(step, previous) ? previous : null;
    const failure =
      step.reportedAttempt === null
        ? (unrepeated.endedBy(beginOf(step), step.inputsHash) ?? before)
        : (unrepeated.ofAttempt(step.reportedAttempt - 1, step.inputsHash) ??
          unrepeated.ofAttempt(step.reportedAttempt - 1));
    if (failure) {
      step.previousAttempt = failure;
      step.itemAttempt = step.reportedAttempt ?? failure.itemAttempt + 1;
      failure.isSuperseded = true;
    }
    if (step.status === 'FAILED') unrepeated.add(step);
    previous = step;
  }
}

/** Inputs without a hash are empty, so they don't distinguish items. */
const mayRepeat = (step: StepDraft, before: StepDraft): boolean =>
  (step.inputsHash === null || before.inputsHash === null) && hadFailedBy(before, beginOf(step));

/** An execution without a position comes after all that have ended. */
const beginOf = (step: StepDraft): number => placeOf(step) ?? Infinity;

/** A failure without a known end doesn't prove a retry. */
function hadFailedBy(step: StepDraft, micros: number): boolean {
  const end = step.status === 'FAILED' ? endMicrosOf(step) : null;
  return end !== null && end <= micros;
}

/** The end of an unfinished execution without an `end_time` is unknown, whatever its `elapsed_time`. */
const knownEndOf = (step: StepDraft): number | null =>
  step.isFinished || step.endTime !== null ? endMicrosOf(step) : null;

/** Whether each execution began after the known ends of earlier ones. */
function neverOverlap(ofNode: readonly StepDraft[]): boolean {
  let lastEnd = -Infinity;
  for (const step of ofNode) {
    if (lastEnd > beginOf(step)) return false;
    lastEnd = Math.max(lastEnd, knownEndOf(step) ?? -Infinity);
  }
  return true;
}

/**
 * Latest execution of each node, in the order of the nodes' first executions. A run that is over has no running steps.
 */
export const latestAttempts = (executions: readonly StepDraft[], isRunOver: boolean): StepDraft[] =>
  [...ofNodes(executions)].flatMap((ofNode) => {
    const last = ofNode.slice(-1);
    const remaining = ofNode.filter((step) => !step.isSuperseded && !last.some((one) => hadLeft(step, one)));
    const unfinished = isRunOver ? undefined : remaining.findLast(({ isFinished }) => !isFinished);
    return unfinished ?? remaining.findLast(({ status }) => status === 'FAILED') ?? last;
  });

/** Whether a step is reported as running, but had ended when the node's last execution began. */
function hadLeft(step: StepDraft, last: StepDraft): boolean {
  const end = step !== last && isUnderWay(step) ? knownEndOf(step) : null;
  return end !== null && end <= beginOf(last);
}
