/** Events of a streamed OpenAI response. The last event contains the whole response, unless the stream was cut. */
import { fieldOf, isJsonObject } from '../../json.ts';
import type { JsonObject, JsonValue } from '../../types.ts';
import { nameIn } from '../text.ts';
import { append, entryAt } from './pieces.ts';

interface Item {
  item: JsonObject | null;
  isDone: boolean;
  text: string | null;
  refusal: string | null;
  arguments: string | null;
}

const newItem = (): Item => ({ item: null, isDone: false, text: null, refusal: null, arguments: null });

export function joinResponseEvents(events: readonly JsonObject[]): JsonObject | null {
  const items = new Map<JsonValue, Item>();
  let response: JsonObject | null = null;
  let isStream = false;
  for (const event of events) {
    const type = nameIn(event, 'type') ?? '';
    if (!type.startsWith('response.')) continue;
    isStream = true;
    const whole = fieldOf(event, 'response');
    if (isJsonObject(whole)) response = whole;
    if (['response.completed', 'response.incomplete', 'response.failed'].includes(type) && response) return response;
    if (Object.hasOwn(event, 'output_index')) addEvent(items, type, event);
  }
  return isStream ? { ...response, output: [...items.values()].map(joined) } : null;
}

function addEvent(items: Map<JsonValue, Item>, type: string, event: JsonObject): void {
  const entry = entryAt(items, fieldOf(event, 'output_index'), newItem);
  const item = fieldOf(event, 'item');
  if (isJsonObject(item)) {
    entry.item = item;
    entry.isDone ||= type === 'response.output_item.done';
  }
  const delta = fieldOf(event, 'delta');
  if (type === 'response.output_text.delta') entry.text = append(entry.text, delta);
  if (type === 'response.refusal.delta') entry.refusal = append(entry.refusal, delta);
  if (/_arguments\.delta$|_input\.delta$/.test(type)) entry.arguments = append(entry.arguments, delta);
}

/** An unfinished item contains the pieces received so far. */
function joined({ item, isDone, text, refusal, arguments: given }: Item): JsonObject {
  if (item && isDone) return item;
  if (text === null && refusal === null) return { ...item, ...(given !== null && { arguments: given }) };
  return { role: 'assistant', ...item, content: text ?? '', ...(refusal !== null && { refusal }) };
}
