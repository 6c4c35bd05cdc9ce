/** CORS: headers that let pages of other origins read an answer. */
import type { IncomingMessage } from 'node:http';

/** Names and values in turn. */
export type CorsHeaders = (request: IncomingMessage) => readonly string[];

const EXPOSED = 'x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after';
const MAX_AGE_SECONDS = 86_400;
const NONE: readonly string[] = [];

/** With `*` every answer has the same headers, also one to a request without an origin: a cache may give it to any page. */
export function createCors(origins: readonly string[]): CorsHeaders {
  const isOpen = origins.includes('*');

  return ({ headers }) => {
    const { origin, 'access-control-request-method': asked, 'access-control-request-headers': wanted } = headers;
    const known = isOpen ? '*' : origins.find((each) => each === origin);
    if (known === undefined) return NONE;
    const allowed = ['access-control-allow-origin', known];
    // A preflight alone asks for a method.
    if (asked === undefined) return [...allowed, 'access-control-expose-headers', EXPOSED];
    return [
      ...allowed,
      'access-control-allow-methods',
      'GET, POST',
      ...(wanted === undefined ? [] : ['access-control-allow-headers', wanted]),
      'access-control-max-age',
      String(MAX_AGE_SECONDS),
    ];
  };
}

/** True if the answer depends on the origin. With `*` every origin gets the same header. */
export const variesByOrigin = (origins: readonly string[]): boolean => origins.length > 0 && !origins.includes('*');

/** What the answer to a preflight depends on beside the origin. */
export const PREFLIGHT_VARY = 'access-control-request-method, access-control-request-headers';
