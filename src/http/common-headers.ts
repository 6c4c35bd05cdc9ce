/** Headers of every response (request id, security, CORS, HSTS and `vary`), and the allowed origins. */
import type { IncomingMessage } from 'node:http';

export type Headers = Record<string, string>;

export interface CommonHeadersOptions {
  /** Origins whose pages may read responses; `*` allows all. */
  readonly origins: readonly string[];
  /** Seconds, or null without HSTS. */
  readonly hstsMaxAgeSeconds: number | null;
  readonly schemeOf: (request: IncomingMessage) => 'http' | 'https';
}

/** Sandbox sets its policy in a meta element, where `frame-ancestors` is ignored. */
const POLICY = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'";
const EXPOSED = 'x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after';
const PREFLIGHT_MAX_AGE_SECONDS = '86400';
/** Besides the origin, the response to a preflight depends on these. */
export const PREFLIGHT_VARY = 'access-control-request-method, access-control-request-headers';

export type CommonHeaders = ReturnType<typeof createCommonHeaders>;

export function createCommonHeaders(options: CommonHeadersOptions) {
  const { origins, hstsMaxAgeSeconds, schemeOf } = options;
  const isOpen = origins.includes('*');
  const vary = origins.length > 0 && !isOpen ? 'accept-encoding, origin' : 'accept-encoding';
  const hsts = hstsMaxAgeSeconds === null ? null : `max-age=${hstsMaxAgeSeconds}`;

  /** With `*`, every response has the same header, even without an origin, so caches may give it to any page. */
  function allow(headers: Headers, { headers: sent }: IncomingMessage): void {
    const allowed = isOpen ? '*' : origins.find((origin) => origin === sent.origin);
    if (allowed === undefined) return;
    headers['access-control-allow-origin'] = allowed;
    // Only a preflight contains a method.
    if (sent['access-control-request-method'] === undefined) {
      headers['access-control-expose-headers'] = EXPOSED;
      return;
    }
    headers['access-control-allow-methods'] = 'GET, POST';
    headers['access-control-max-age'] = PREFLIGHT_MAX_AGE_SECONDS;
    const wanted = sent['access-control-request-headers'];
    if (wanted !== undefined) headers['access-control-allow-headers'] = wanted;
  }

  return {
    of(request: IncomingMessage, requestId: string): Headers {
      const headers: Headers = {
        'x-request-id': requestId,
        'x-content-type-options': 'nosniff',
        'content-security-policy': POLICY,
        vary,
      };
      if (origins.length > 0) allow(headers, request);
      // RFC 6797: only over TLS, which a trusted proxy must report.
      if (hsts !== null && schemeOf(request) === 'https') headers['strict-transport-security'] = hsts;
      return headers;
    },
    /** The value of `vary` for a response that depends on more request headers. */
    vary: (more: string): string => `${more}, ${vary}`,
  };
}

/** Origins of Sandbox when it isn't embedded. */
const SANDBOX_ORIGINS = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com'];

export const originsOf = (corsOrigins: readonly string[], hasSandbox: boolean): string[] => [
  ...corsOrigins,
  ...(hasSandbox ? SANDBOX_ORIGINS : []),
];

/**
 * CORS doesn't apply to WebSockets, and MCP requires the check, so the gateway compares origins itself. Programs send
 * no origin. The gateway's own page has the same host.
 */
export function isFromAllowedOrigin({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.parse(origin)?.host === host;
}
