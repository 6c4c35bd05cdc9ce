/** Events of a streamed Anthropic message: blocks start, grow and stop. */
import { fieldOf, isJsonObject } from '../../json.ts';
import type { JsonObject, JsonValue } from '../../types.ts';
import { nameIn } from '../text.ts';
import { append, entryAt } from './pieces.ts';

interface Block {
  start: JsonObject;
  text: string | null;
  /** JSON of a call's input, or null. */
  input: string | null;
}

const newBlock = (): Block => ({ start: {}, text: null, input: null });

export function joinAnthropicEvents(events: readonly JsonObject[]): JsonObject | null {
  const blocks = new Map<JsonValue, Block>();
  let message: JsonObject = {};
  let stop: JsonObject = {};
  const usage = new Map<string, JsonValue>();
  let isStream = false;
  for (const event of events) {
    const type = nameIn(event, 'type');
    const delta = fieldOf(event, 'delta');
    let counted: JsonValue | undefined;
    if (type === 'message_start') {
      const started = fieldOf(event, 'message');
      if (isJsonObject(started)) message = started;
      counted = fieldOf(started, 'usage');
    } else if (type === 'content_block_start') {
      const block = entryAt(blocks, fieldOf(event, 'index'), newBlock);
      const start = fieldOf(event, 'content_block');
      if (isJsonObject(start)) block.start = start;
      block.text = append(block.text, fieldOf(start, 'text'));
    } else if (type === 'content_block_delta') {
      const block = entryAt(blocks, fieldOf(event, 'index'), newBlock);
      block.text = append(block.text, fieldOf(delta, 'text'));
      block.input = append(block.input, fieldOf(delta, 'partial_json'));
    } else if (type === 'message_delta') {
      if (isJsonObject(delta)) stop = delta;
      counted = fieldOf(event, 'usage');
    } else {
      continue;
    }
    // The start has the input tokens, the end all output tokens.
    if (isJsonObject(counted)) for (const [name, count] of Object.entries(counted)) usage.set(name, count);
    isStream = true;
  }
  if (!isStream) return null;
  const content = [...blocks.values()].map(joined);
  const role = nameIn(message, 'role') ?? 'assistant';
  return { model: fieldOf(message, 'model') ?? null, usage: Object.fromEntries(usage), ...stop, role, content };
}

const joined = ({ start, text, input }: Block): JsonObject => ({
  ...start,
  ...(text !== null && { text }),
  ...(input !== null && { input }),
});
