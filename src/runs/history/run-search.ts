/** Conditions that read a run's inputs, and text search in what a list shows of it. Makes no call. */
import { passes, type InputCondition } from '../../domain/inputs/input-test.ts';
import { errorInfo } from '../../domain/step/step-error.ts';
import { containsText, valueContainsText } from '../../domain/text-search.ts';
import type { JsonValue, PayloadValues, RunRecord, StepFacts } from '../../domain/types.ts';
import { payloadsIn } from '../../upstream/wire/payloads.ts';

interface Conditions {
  readonly search: string | null;
  readonly inputs: readonly InputCondition[];
}

export function isFoundIn(
  record: RunRecord,
  stepsOf: () => readonly StepFacts[],
  { search, inputs: conditions }: Conditions,
): boolean {
  let read: Pick<PayloadValues, 'inputs'> | undefined;
  // Parsed once for all conditions.
  const inputs = () => (read ??= payloadsIn(record.payload.body)(record.payload.index)).inputs;
  return (
    conditions.every((condition) => passes(inputs(), condition)) &&
    (search === null || runMentions(record, stepsOf(), search, inputs))
  );
}

/** `text` is lower-case and not empty. */
const runMentions = (record: RunRecord, steps: readonly StepFacts[], text: string, inputs: () => JsonValue): boolean =>
  containsText(record.id, text) ||
  isIn(record.error, text) ||
  steps.some((step) => isIn(step.error, text) || (step.status === 'FAILED' && containsText(step.nodeId, text))) ||
  // Last, since the payload is parsed for it.
  valueContainsText(inputs(), text);

/** An error in JSON is shown as its message, whose letters may be escaped in the JSON. */
function isIn(error: string | null, text: string): boolean {
  const info = errorInfo(error);
  return info !== null && (containsText(info.raw, text) || containsText(info.message, text));
}
