/** OpenAI Responses: `input` and `output` are lists of items, such as messages and calls. */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import type { Part, PartReaders } from './content.ts';
import type { ToolCall } from './message.ts';
import { imageReference } from './openai-chat.ts';
import { dataReference, nameIn, reference, textOf } from './text.ts';

const image = (part: JsonObject): Part => {
  const fileId = nameIn(part, 'file_id');
  const text = fileId === null ? imageReference(fieldOf(part, 'image_url')) : reference('image', fileId);
  return { kind: 'reference', text };
};

/** `input_text` and `output_text` need no reader: parts of any type may have a `text`. */
export const RESPONSES_PARTS: PartReaders = new Map<string, (part: JsonObject) => Part>([
  ['input_image', image],
  ['computer_screenshot', image],
  [
    'input_file',
    (part) => {
      const named = ['filename', 'file_id', 'file_url'].map((key) => nameIn(part, key)).find((name) => name !== null);
      return { kind: 'reference', text: reference('file', named ?? null) };
    },
  ],
  ['reasoning_text', () => null],
]);

/** An item other than a message: a call, its result, or both. */
export interface CallItem {
  readonly call: ToolCall | null;
  readonly result: { readonly callId: string | null; readonly content: JsonValue | undefined } | null;
  /** Reference to content that the call generated, such as an image, or null. */
  readonly made: string | null;
}

const WHAT_IS_CALLED = ['arguments', 'input', 'action', 'operation', 'code', 'queries'];
const WHAT_CAME = ['output', 'result', 'outputs', 'error'];

/** Returns null for items that are not shown, such as reasoning. */
export function callItemOf(item: JsonObject): CallItem | null {
  const type = nameIn(item, 'type') ?? '';
  const callId = nameIn(item, 'call_id') ?? nameIn(item, 'id');
  const first = (keys: readonly string[]) => keys.map((key) => fieldOf(item, key)).find((value) => value != null);
  if (type.endsWith('_output')) return { call: null, result: { callId, content: first(WHAT_CAME) }, made: null };
  if (!type.endsWith('_call')) return null;
  const name = nameIn(item, 'name') ?? type.slice(0, -'_call'.length);
  const call = { id: callId, name, arguments: textOf(first(WHAT_IS_CALLED)) };
  if (type === 'image_generation_call') {
    const picture = fieldOf(item, 'result');
    return { call, result: null, made: picture == null ? null : dataReference('image', null, picture) };
  }
  const came = first(WHAT_CAME);
  return { call, result: came === undefined ? null : { callId, content: came }, made: null };
}

/** Returns the items. `output_text` without items, which SDKs offer, becomes one message. */
export function outputItems(answer: JsonValue): readonly JsonValue[] {
  const output = fieldOf(answer, 'output');
  if (isJsonArray(output)) return output;
  const text = fieldOf(answer, 'output_text');
  return typeof text === 'string' ? [{ role: 'assistant', content: text }] : [];
}

/** Whether the answer of a model call is missing, an error or only reasoning. Other outputs may be embeddings. */
export const lacksAnswer = (inputs: JsonValue, answer: JsonValue): boolean =>
  nameIn(inputs, 'model') !== null &&
  (answer === null ||
    isResponse(answer) ||
    fieldOf(answer, 'error') != null ||
    (isJsonObject(answer) && Object.keys(answer).length === 0));

/** A string as `input` may be anything, so it counts only with instructions or in a model call. */
export function inputItems(inputs: JsonValue, isModelCall: boolean): readonly JsonValue[] {
  const instructions = fieldOf(inputs, 'instructions');
  const input = fieldOf(inputs, 'input');
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  if (isJsonArray(input)) return [...system, ...input];
  const counts = typeof input === 'string' && (isModelCall || system.length > 0);
  return counts ? [...system, { role: 'user', content: input }] : [];
}

export const isResponse = (answer: JsonValue): boolean => fieldOf(answer, 'object') === 'response';

export const finishReasonOfResponse = (answer: JsonValue): string | null =>
  nameIn(fieldOf(answer, 'incomplete_details'), 'reason') ??
  (isJsonArray(fieldOf(answer, 'output')) || isResponse(answer) ? nameIn(answer, 'status') : null);
