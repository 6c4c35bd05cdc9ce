/** Conditions on a run's inputs, and search in what a list shows of it. Makes no call. */
import { clip } from '../../domain/conversation/text.ts';
import { inputPathText } from '../../domain/inputs/input-path.ts';
import { passes, type InputCondition } from '../../domain/inputs/input-test.ts';
import { errorInfo } from '../../domain/step/step-error.ts';
import { containsText, pathOfText } from '../../domain/text-search.ts';
import type { JsonValue, PayloadValues, RunRecord, StepFacts } from '../../domain/types.ts';
import { payloadsIn } from '../../upstream/wire/payloads.ts';

interface Conditions {
  readonly search: string | null;
  readonly inputs: readonly InputCondition[];
}

export interface FoundRun {
  /** Field of the run that matches, such as `error` or `inputs.customer.id`, or null without a search. */
  readonly matchedIn: string | null;
}

/** Maximum length of `matchedIn` in characters. Names of inputs may be longer. */
const MAX_MATCHED_IN = 300;

/** Returns null if the run doesn't meet the conditions. */
export function findIn(
  record: RunRecord,
  stepsOf: () => readonly StepFacts[],
  { search, inputs: conditions }: Conditions,
): FoundRun | null {
  let read: Pick<PayloadValues, 'inputs'> | undefined;
  // Parsed once for all conditions.
  const inputs = () => (read ??= payloadsIn(record.payload.body)(record.payload.index)).inputs;
  if (!conditions.every((condition) => passes(inputs(), condition))) return null;
  if (search === null) return { matchedIn: null };
  const matchedIn = fieldWith(search, record, stepsOf(), inputs);
  return matchedIn === null ? null : { matchedIn };
}

/** `text` is lower-case and not empty. */
function fieldWith(
  text: string,
  record: RunRecord,
  steps: readonly StepFacts[],
  inputs: () => JsonValue,
): string | null {
  if (containsText(record.id, text)) return 'id';
  if (isIn(record.error, text)) return 'error';
  if (steps.some(({ error }) => isIn(error, text))) return 'steps.error';
  if (steps.some(({ status, nodeId }) => status === 'FAILED' && containsText(nodeId, text))) return 'steps.nodeId';
  // Last, because this parses the payload.
  const path = pathOfText(inputs(), text);
  return path && clip(inputPathText(['inputs', ...path]), MAX_MATCHED_IN);
}

/** A JSON error is shown as its message, whose letters may be escaped in the JSON. */
function isIn(error: string | null, text: string): boolean {
  const info = errorInfo(error);
  return info !== null && (containsText(info.raw, text) || containsText(info.message, text));
}
