/** graphql-ws rejects an operation without a text, so a persisted operation gets an empty one. */

type Fields = Readonly<Record<string, unknown>>;

export function withEmptyQuery(text: string): string {
  if (!text.includes('"subscribe"')) return text;
  const message = parseJson(text);
  if (!isObject(message) || message.type !== 'subscribe' || !isObject(message.payload)) return text;
  const { payload } = message;
  return payload.query === undefined && isNamed(payload)
    ? JSON.stringify({ ...message, payload: { ...payload, query: '' } })
    : text;
}

const isNamed = ({ documentId, id, extensions }: Fields): boolean =>
  documentId !== undefined || id !== undefined || (isObject(extensions) && extensions.persistedQuery !== undefined);

/** Or a list, which has none of the fields. */
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Undefined for text that is not JSON: graphql-ws reports it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
