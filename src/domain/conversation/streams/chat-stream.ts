/** Chunks of a streamed chat completion: `choices[].delta`. */
import { fieldOf, isJsonArray, isJsonObject } from '../../json.ts';
import type { JsonObject, JsonValue } from '../../types.ts';
import { nameIn } from '../text.ts';
import { append, entryAt } from './pieces.ts';

interface Call {
  id: string | null;
  name: string | null;
  arguments: string | null;
}

interface Choice {
  role: string | null;
  content: string | null;
  refusal: string | null;
  finishReason: string | null;
  readonly calls: Map<JsonValue, Call>;
}

const newChoice = (): Choice => ({ role: null, content: null, refusal: null, finishReason: null, calls: new Map() });
const newCall = (): Call => ({ id: null, name: null, arguments: null });

export function joinChatChunks(chunks: readonly JsonObject[]): JsonObject | null {
  const choices = new Map<JsonValue, Choice>();
  let model: string | null = null;
  let usage: JsonObject | null = null;
  for (const chunk of chunks) {
    const parts = fieldOf(chunk, 'choices');
    if (!isJsonArray(parts)) continue;
    // Only the last count is complete. Earlier ones cover the answer so far.
    const counted = fieldOf(chunk, 'usage');
    if (isJsonObject(counted)) usage = counted;
    for (const part of parts) {
      const delta = fieldOf(part, 'delta');
      if (!isJsonObject(delta)) continue;
      model ??= nameIn(chunk, 'model');
      addDelta(entryAt(choices, fieldOf(part, 'index'), newChoice), delta, nameIn(part, 'finish_reason'));
    }
  }
  return choices.size === 0 ? null : { model, usage, choices: [...choices.values()].map(joined) };
}

function addDelta(choice: Choice, delta: JsonObject, finishReason: string | null): void {
  choice.role ??= nameIn(delta, 'role');
  choice.content = append(choice.content, fieldOf(delta, 'content'));
  choice.refusal = append(choice.refusal, fieldOf(delta, 'refusal'));
  choice.finishReason = finishReason ?? choice.finishReason;
  const calls = fieldOf(delta, 'tool_calls');
  for (const call of isJsonArray(calls) ? calls : []) {
    const entry = entryAt(choice.calls, fieldOf(call, 'index'), newCall);
    const called = fieldOf(call, 'function');
    entry.id ??= nameIn(call, 'id');
    entry.name ??= nameIn(called, 'name');
    entry.arguments = append(entry.arguments, fieldOf(called, 'arguments'));
  }
}

const joined = ({ role, content, refusal, finishReason, calls }: Choice): JsonObject => ({
  message: {
    role,
    content,
    refusal,
    tool_calls: [...calls.values()].map(({ id, name, arguments: text }) => ({
      id,
      function: { name, arguments: text },
    })),
  },
  finish_reason: finishReason,
});
