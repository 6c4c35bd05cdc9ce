/** HTTP Strict Transport Security: only on answers that a trusted proxy carries over TLS, as RFC 6797 demands. */
import type { IncomingMessage } from 'node:http';

/** Names and values in turn. */
export type HstsHeaders = (request: IncomingMessage) => readonly string[];

const NONE: readonly string[] = [];

/** Null: never. */
export function createHsts(
  maxAgeSeconds: number | null,
  schemeOf: (request: IncomingMessage) => 'http' | 'https',
): HstsHeaders {
  if (maxAgeSeconds === null) return () => NONE;
  const header = ['strict-transport-security', `max-age=${maxAgeSeconds}`];
  return (request) => (schemeOf(request) === 'https' ? header : NONE);
}
