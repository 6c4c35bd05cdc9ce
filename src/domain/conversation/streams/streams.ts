/** Outputs that are the stored events of a streamed answer, joined to the answer that they make up. */
import { fieldOf, isJsonArray, isJsonObject } from '../../json.ts';
import { parseExactJson } from '../../long-integers.ts';
import type { JsonObject, JsonValue } from '../../types.ts';
import { joinAnthropicEvents } from './anthropic-stream.ts';
import { joinChatChunks } from './chat-stream.ts';
import { joinResponseEvents } from './responses-stream.ts';

/** The answer in its vendor's own shape, as if it had not been streamed. Null for whatever is no stream. */
export function joinStream(outputs: JsonValue): JsonObject | null {
  const events = eventsIn(outputs).filter(isJsonObject);
  return joinChatChunks(events) ?? joinResponseEvents(events) ?? joinAnthropicEvents(events);
}

const LISTS = ['chunks', 'events', 'deltas'];

function eventsIn(outputs: JsonValue): readonly JsonValue[] {
  if (isJsonArray(outputs)) return outputs;
  if (typeof outputs === 'string') return serverSentEvents(outputs);
  return LISTS.map((key) => fieldOf(outputs, key)).find(isJsonArray) ?? [outputs];
}

/** Characters that are read of a text of server-sent events. */
const MAX_EVENTS_TEXT = 4 * 2 ** 20;

/** Lines that are no JSON are left out: `[DONE]`, and the one in which a text was cut. */
function serverSentEvents(text: string): readonly JsonValue[] {
  if (!/^\s*(?:data|event|id):/.test(text.slice(0, 100))) return [];
  const lines = text.slice(0, MAX_EVENTS_TEXT).split('\n');
  return lines.flatMap((line) => {
    if (!line.startsWith('data:')) return [];
    try {
      return [parseExactJson(line.slice('data:'.length)) as JsonValue];
    } catch {
      return [];
    }
  });
}
