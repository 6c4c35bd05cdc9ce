/** Puts the text of an operation in the place of its name, in the form in which Apollo takes requests. */
import { GraphQLError } from 'graphql';
import { withoutPersistedQuery, type PersistedDocuments } from '../graphql/persisted-documents.ts';

export interface SentOperation {
  readonly method: string;
  /** From the question mark on. */
  readonly search: string;
  readonly body: unknown;
}

/** The same request, if it names nothing; an error where what it names is not to be had. */
export function withText(sent: SentOperation, documents: PersistedDocuments): SentOperation | GraphQLError {
  if (sent.method === 'POST') return inBody(sent, documents);
  return sent.method === 'GET' ? inSearch(sent, documents) : sent;
}

function inBody(sent: SentOperation, documents: PersistedDocuments): SentOperation | GraphQLError {
  const { body } = sent;
  if (typeof body !== 'object' || body === null) return sent;
  const query = documents.resolve(body);
  if (query === undefined || query instanceof GraphQLError) return query ?? sent;
  const extensions = 'extensions' in body ? body.extensions : null;
  // Whatever is no object is Apollo's to complain of.
  const others = isObject(extensions) ? withoutPersistedQuery(extensions) : extensions;
  return { ...sent, body: { ...body, query, extensions: others } };
}

function inSearch(sent: SentOperation, documents: PersistedDocuments): SentOperation | GraphQLError {
  const parameters = new URLSearchParams(sent.search);
  const extensions = parseJson(parameters.get('extensions'));
  const query = documents.resolve({ ...Object.fromEntries(parameters), extensions });
  if (query === undefined || query instanceof GraphQLError) return query ?? sent;
  parameters.set('query', query);
  if (!isObject(extensions)) return { ...sent, search: `?${parameters.toString()}` };
  const others = withoutPersistedQuery(extensions);
  if (others) parameters.set('extensions', JSON.stringify(others));
  else parameters.delete('extensions');
  return { ...sent, search: `?${parameters.toString()}` };
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined for what is no JSON: that is Apollo's to complain of. */
function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Undefined, which Apollo then complains of, where there is no body. */
export function parseBody(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw badRequest('The body is not JSON.');
  }
  if (!Array.isArray(parsed)) return parsed;
  throw badRequest(
    `Expected one operation, got an array of ${parsed.length}: batches are not answered here. Send each as a request of its own.`,
  );
}

const badRequest = (message: string): Error => Object.assign(new Error(message), { statusCode: 400 });
