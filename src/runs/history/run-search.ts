/** Text search in what a list shows of a run: its record, and the failures of its cached steps. Makes no call. */
import { errorInfo } from '../../domain/step/step-error.ts';
import { containsText, valueContainsText } from '../../domain/text-search.ts';
import type { RunRecord, StepFacts } from '../../domain/types.ts';
import { payloadsIn } from '../../upstream/wire/payloads.ts';

/** `text` is lower-case and not empty. */
export const mentions = (record: RunRecord, steps: readonly StepFacts[], text: string): boolean =>
  containsText(record.id, text) ||
  isIn(record.error, text) ||
  steps.some((step) => isIn(step.error, text) || (step.status === 'FAILED' && containsText(step.nodeId, text))) ||
  // Last, since the payload is parsed for it.
  valueContainsText(payloadsIn(record.payload.body)(record.payload.index).inputs, text);

/** An error in JSON is shown as its message, whose letters may be escaped in the JSON. */
function isIn(error: string | null, text: string): boolean {
  const info = errorInfo(error);
  return info !== null && (containsText(info.raw, text) || containsText(info.message, text));
}
