/** Which optional fields of engines the steps have, and what follows. */
import type { StepFacts } from '../domain/types.ts';

export function notesOnSteps(steps: readonly StepFacts[]): readonly string[] {
  const count = (has: (step: StepFacts) => boolean): number => steps.filter(has).length;
  const items = count(({ itemKey }) => itemKey !== null);
  const attempts = count(({ itemAttempt }) => itemAttempt !== null);
  const waits = count((step) => step.waits.length > 0);
  const waiting = count(({ status }) => status === 'WAITING');
  const isRepeated = new Set(steps.map(({ nodeId }) => nodeId)).size < steps.length;
  const of = (some: number): string => `${some} of ${steps.length} steps`;
  return [
    ...(items > 0 ? [`${of(items)} have item_key: a step repeats only failures of its own item.`] : []),
    ...(attempts > 0 ? [`${of(attempts)} have attempt: it decides which of them are retries.`] : []),
    ...(isRepeated && items + attempts === 0
      ? ['No step has item_key or attempt: inputs and times show which executions of a node are retries.']
      : []),
    ...(waits > 0 ? [`${of(waits)} have waits: this time counts neither as work nor as idle.`] : []),
    ...(waiting > 0 && waits === 0
      ? [`${of(waiting)} wait, but have no waits: their whole time since the start counts as waiting.`]
      : []),
  ];
}
