/** Which origins' pages may ask: the same for requests and for sockets. */
import type { IncomingMessage } from 'node:http';

/** Sandbox asks from here when it is not embedded. */
const SANDBOX_ORIGINS = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com'];

export const originsOf = (corsOrigins: readonly string[], isProduction: boolean): string[] => [
  ...corsOrigins,
  ...(isProduction ? [] : SANDBOX_ORIGINS),
];

/**
 * CORS does not reach a WebSocket, so the gateway itself compares. Programs send no origin; a page of the gateway's own has
 * the host that it asks.
 */
export function mayUpgrade({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.parse(origin)?.host === host;
}
