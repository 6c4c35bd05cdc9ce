/** HTTP Strict Transport Security: only on answers that a trusted proxy carries over TLS, as RFC 6797 demands. */
import type { IncomingMessage } from 'node:http';
import type { IsTrustedProxy } from './client-address.ts';

/** Names and values in turn. */
export type HstsHeaders = (request: IncomingMessage) => readonly string[];

const NONE: readonly string[] = [];

/** Null: never. */
export function createHsts(maxAgeSeconds: number | null, isTrusted: IsTrustedProxy): HstsHeaders {
  if (maxAgeSeconds === null) return () => NONE;
  const header = ['strict-transport-security', `max-age=${maxAgeSeconds}`];
  return ({ headers, socket }) => {
    const [scheme] = String(headers['x-forwarded-proto'] ?? '').split(',');
    return scheme === 'https' && isTrusted(socket.remoteAddress ?? '', 0) ? header : NONE;
  };
}
