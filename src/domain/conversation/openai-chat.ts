/** OpenAI chat completions, which many services use: `messages` in the inputs, `choices` in the outputs. */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import type { Part, PartReaders } from './content.ts';
import { MAX_TOOL_CALLS, type ToolCall } from './message.ts';
import { dataReference, linkReference, nameIn, reference, textOf } from './text.ts';

export const CHAT_PARTS: PartReaders = new Map<string, (part: JsonObject) => Part>([
  ['refusal', (part) => ({ kind: 'refusal', text: textOf(fieldOf(part, 'refusal')) ?? '' })],
  ['image_url', (part) => ({ kind: 'reference', text: imageReference(fieldOf(part, 'image_url')) })],
  [
    'input_audio',
    (part) => {
      const audio = fieldOf(part, 'input_audio');
      return { kind: 'reference', text: dataReference('audio', nameIn(audio, 'format'), fieldOf(audio, 'data')) };
    },
  ],
  [
    'file',
    (part) => {
      const file = fieldOf(part, 'file');
      return { kind: 'reference', text: reference('file', nameIn(file, 'filename') ?? nameIn(file, 'file_id')) };
    },
  ],
]);

/** Accepts `{ url }`, and a plain URL, which some services use. */
export function imageReference(image: JsonValue | undefined): string {
  const url = typeof image === 'string' ? image : nameIn(image, 'url');
  return url === null ? reference('image') : linkReference('image', url);
}

/** Reads `tool_calls` and the older `function_call`. */
export function callsOf(message: JsonObject): ToolCall[] {
  const calls = fieldOf(message, 'tool_calls');
  const old = fieldOf(message, 'function_call');
  // One more than the limit marks the message as truncated.
  const listed = isJsonArray(calls) ? calls.slice(0, MAX_TOOL_CALLS + 1) : [];
  return [...listed, old].filter(isJsonObject).map(callOf);
}

function callOf(call: JsonObject): ToolCall {
  const called = [fieldOf(call, 'function'), fieldOf(call, 'custom')].find(isJsonObject) ?? call;
  return {
    id: nameIn(call, 'id'),
    name: nameIn(called, 'name'),
    arguments: textOf(fieldOf(called, 'arguments') ?? fieldOf(called, 'input')),
  };
}

export function choicesOf(answer: JsonValue): JsonObject[] {
  const choices = fieldOf(answer, 'choices');
  if (!isJsonArray(choices)) return [];
  return choices.slice(0, MAX_CHOICES).flatMap((choice) => {
    const message = fieldOf(choice, 'message');
    return isJsonObject(message) ? [message] : [];
  });
}

const MAX_CHOICES = 100;

export const finishReasonOfChoices = (answer: JsonValue): string | null => {
  const choices = fieldOf(answer, 'choices');
  return isJsonArray(choices) ? nameIn(choices[0], 'finish_reason') : null;
};
