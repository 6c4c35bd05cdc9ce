/** What `stepgate check` says about the steps of a run. */
import { executionsOf } from '../domain/step/attempts.ts';
import { endMicrosOf } from '../domain/step/duration.ts';
import { compareByPlace, placeOf, type StepDraft } from '../domain/step/execution.ts';
import type { StepFacts } from '../domain/types.ts';

/** Number of nodes that a note names. */
const MAX_NODES = 5;

/** Which optional fields of engines the steps have, and what follows from it. */
export function notesOnSteps(steps: readonly StepFacts[]): readonly string[] {
  const count = (has: (step: StepFacts) => boolean): number => steps.filter(has).length;
  const items = count(({ itemKey }) => itemKey !== null);
  const attempts = count(({ reportedAttempt }) => reportedAttempt !== null);
  const waits = count((step) => step.waits.length > 0);
  const waiting = count(({ status }) => status === 'WAITING');
  const changed = attempts === 0 ? completedWithOtherInputs(steps) : [];
  const isRepeated = new Set(steps.map(({ nodeId }) => nodeId)).size < steps.length;
  const of = (some: number): string => `${some} of ${steps.length} steps`;
  return [
    ...(items > 0 ? [`${of(items)} have item_key: a step repeats only failures of its own item.`] : []),
    ...(attempts > 0 ? [`${of(attempts)} have attempt: it decides which of them are retries.`] : []),
    ...(isRepeated && items + attempts === 0
      ? ['No step has item_key or attempt: inputs and times show which executions of a node are retries.']
      : []),
    ...(changed.length > 0
      ? [
          `Failed, then completed with other inputs: ${changed.slice(0, MAX_NODES).join(', ')}.`,
          'Different inputs are different work: if these are retries, send attempt with each step of the node.',
        ]
      : []),
    ...(waits > 0 ? [`${of(waits)} have waits, which count neither as work nor as idle time.`] : []),
    ...(waiting > 0 && waits === 0
      ? [`${of(waiting)} are waiting without waits: all their time since the start counts as waiting.`]
      : []),
  ];
}

/** Nodes, with the number of their executions that completed directly after a failure with other inputs. */
function completedWithOtherInputs(steps: readonly StepFacts[]): readonly string[] {
  const executions = executionsOf(steps).sort(compareByPlace);
  return [...Map.groupBy(executions, ({ nodeId }) => nodeId)].flatMap(([nodeId, ofNode]) => {
    const count = ofNode.filter((step, at) => hasOtherInputs(step, ofNode[at - 1])).length;
    return count > 0 ? [`${JSON.stringify(nodeId)} (${count})`] : [];
  });
}

function hasOtherInputs(step: StepDraft, before: StepDraft | undefined): boolean {
  if (step.status !== 'COMPLETED' || before?.status !== 'FAILED' || before.isSuperseded) return false;
  const isAfter = (endMicrosOf(before) ?? Infinity) <= (placeOf(step) ?? Infinity);
  const haveInputs = step.inputsHash !== null && before.inputsHash !== null;
  return isAfter && haveInputs && step.itemKey === before.itemKey && step.previousAttempt === null;
}
