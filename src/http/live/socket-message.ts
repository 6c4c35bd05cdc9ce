/** The text of a message, before graphql-ws parses it. */
import { isDeeperThan, MAX_JSON_DEPTH } from '../../domain/json.ts';
import { longIntegersAsText, parseExactJson } from '../../domain/long-integers.ts';
import type { JsonValue } from '../../domain/types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of the values in a payload: the message and the payload are two levels more. */
const MAX_DEPTH = MAX_JSON_DEPTH + 2;

/**
 * Integers beyond 2^53 are text. graphql-ws rejects an operation without a query, so a persisted operation gets an empty one; not one
 * that is nested too deep to be written again, which it then rejects.
 */
export function prepareMessage(text: string): string {
  if (!text.includes('"subscribe"')) return text;
  const message = parseJson(text);
  if (!isObject(message) || message.type !== 'subscribe' || !isObject(message.payload)) return text;
  const { payload } = message;
  return payload.query == null && isNamed(payload) && !isDeeperThan(message as JsonValue, MAX_DEPTH)
    ? JSON.stringify({ ...message, payload: { ...payload, query: '' } })
    : longIntegersAsText(text);
}

/** The id of the operation that the client gives up by this message; null: it is another message. */
export function givenUpBy(text: string): string | null {
  if (!text.includes('"complete"')) return null;
  const message = parseJson(text);
  return isObject(message) && message.type === 'complete' && typeof message.id === 'string' ? message.id : null;
}

const isNamed = ({ documentId, id, extensions }: Fields): boolean =>
  documentId !== undefined || id !== undefined || (isObject(extensions) && extensions.persistedQuery !== undefined);

/** Or a list, which has none of the fields. */
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Undefined for text that is not JSON: graphql-ws reports it. */
function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
