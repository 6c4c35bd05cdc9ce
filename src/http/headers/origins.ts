/** Allowed origins, for requests and for WebSockets. */
import type { IncomingMessage } from 'node:http';

/** Origins of Sandbox when it is not embedded. */
const SANDBOX_ORIGINS = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com'];

export const originsOf = (corsOrigins: readonly string[], hasSandbox: boolean): string[] => [
  ...corsOrigins,
  ...(hasSandbox ? SANDBOX_ORIGINS : []),
];

/**
 * CORS does not apply to WebSockets, so the gateway compares origins itself. Programs send no origin. The gateway's own page
 * has the same host.
 */
export function mayUpgrade({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.parse(origin)?.host === host;
}
