/** The name and version by which a client calls itself, in the headers of Apollo or in those without a vendor. */
import type { ClientInfo } from '../../observability/operation-record.ts';

const TEXT = /^[\x20-\x7e]{1,100}$/;
const readText = (value: unknown): string | null => (typeof value === 'string' && TEXT.test(value) ? value : null);

/** `headers`: of a request, or the parameters of a socket. Null: the client has no name that can be logged. */
export function clientInfoOf(headers: Readonly<Record<string, unknown>>): ClientInfo | null {
  const name = readText(headers['apollographql-client-name'] ?? headers['graphql-client-name']);
  if (name === null) return null;
  return { name, version: readText(headers['apollographql-client-version'] ?? headers['graphql-client-version']) };
}
