/** The text of a message, before graphql-ws parses it. */
import { longIntegersAsText, parseExactJson } from '../../domain/long-integers.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Integers beyond 2^53 are text. graphql-ws rejects an operation without a query, so a persisted operation gets an empty one. */
export function prepareMessage(text: string): string {
  if (!text.includes('"subscribe"')) return text;
  const message = parseJson(text);
  if (!isObject(message) || message.type !== 'subscribe' || !isObject(message.payload)) return text;
  const { payload } = message;
  return payload.query === undefined && isNamed(payload)
    ? JSON.stringify({ ...message, payload: { ...payload, query: '' } })
    : longIntegersAsText(text);
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
