/** Joins the stored events of a streamed answer. */
import { fieldOf, isJsonArray, isJsonObject } from '../../json.ts';
import { parseExactJson } from '../../long-integers.ts';
import type { JsonObject, JsonValue } from '../../types.ts';
import { joinAnthropicEvents } from './anthropic-stream.ts';
import { joinChatChunks } from './chat-stream.ts';
import { joinResponseEvents } from './responses-stream.ts';

/** Returns the answer in its vendor's shape, as if it hadn't been streamed, or null if the outputs aren't a stream. */
export function joinStream(outputs: JsonValue): JsonObject | null {
  if (isJsonObject(outputs) && !MARKS.some((key) => Object.hasOwn(outputs, key))) return null;
  const events = eventsIn(outputs).filter(isJsonObject);
  return joinChatChunks(events) ?? joinResponseEvents(events) ?? joinAnthropicEvents(events);
}

const LISTS = ['chunks', 'events', 'deltas'];
/** An object without any of these is neither a stream nor an event of one. */
const MARKS = [...LISTS, 'choices', 'type'];

function eventsIn(outputs: JsonValue): readonly JsonValue[] {
  if (isJsonArray(outputs)) return outputs;
  if (typeof outputs === 'string') return serverSentEvents(outputs);
  return LISTS.map((key) => fieldOf(outputs, key)).find(isJsonArray) ?? [outputs];
}

/** Maximum number of characters to read from server-sent events. */
const MAX_EVENTS_TEXT = 4 * 2 ** 20;

const MAX_LINES = 100_000;
/** A malformed line takes as long as twenty events. */
const MAX_BROKEN_LINES = 100;

/**
 * Skips lines that aren't JSON, such as `[DONE]` and a truncated last line. A string with many of them isn't a stream.
 */
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
