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

const MAX_LINES = 100_000;
/** Each takes as long as twenty events. */
const MAX_BROKEN_LINES = 100;

/** Lines that are not JSON are left out: `[DONE]`, and the one in which a text was cut. A text of many such lines is not a stream. */
function serverSentEvents(text: string): readonly JsonValue[] {
  if (!/^\s*(?:data|event|id):/.test(text.slice(0, 100))) return [];
  const events: JsonValue[] = [];
  let brokenLines = 0;
  for (const line of text.slice(0, MAX_EVENTS_TEXT).split('\n', MAX_LINES)) {
    if (!line.startsWith('data:')) continue;
    try {
      events.push(parseExactJson(line.slice('data:'.length)) as JsonValue);
    } catch {
      brokenLines += 1;
      if (brokenLines > MAX_BROKEN_LINES) return [];
    }
  }
  return events;
}
