/**
 * Logs pages and WebSockets that are rejected for their origin or path, which the browser reports only to its user. One
 * line per minute each, with the count since the previous one, because anyone can cause them.
 */
import type { IncomingMessage } from 'node:http';
import type { Logger } from '../observability/logger.ts';
import { isFromAllowedOrigin } from './common-headers.ts';

const INTERVAL_MS = 60_000;
/** Maximum length of a logged value from a client. */
const MAX_LENGTH = 200;

const SENTENCES = {
  page: 'browsers hide responses from pages whose origin is not in CORS_ORIGINS',
  socket: 'WebSockets were rejected because their origin is not in CORS_ORIGINS',
  path: 'WebSockets were rejected because they must be opened at /graphql',
};

interface RefusedOriginsOptions {
  /** Origins whose pages may send requests and open WebSockets, besides the gateway's own. */
  readonly origins: readonly string[];
  readonly logger: Logger;
  readonly now: () => number;
}

/** Call the result for each request. `socket` says whether it opens a WebSocket, and whether at the right path. */
export function createReportRefused({ origins, logger, now }: RefusedOriginsOptions) {
  const counts = { page: 0, socket: 0, path: 0 };
  const mutedUntil = { page: -Infinity, socket: -Infinity, path: -Infinity };

  function report(kind: keyof typeof SENTENCES, latest: Readonly<Record<string, string>>): void {
    counts[kind] += 1;
    if (now() < mutedUntil[kind]) return;
    logger.warn({ count: counts[kind], ...latest }, SENTENCES[kind]);
    counts[kind] = 0;
    mutedUntil[kind] = now() + INTERVAL_MS;
  }

  return (request: IncomingMessage, socket: 'none' | 'socket' | 'otherPath'): void => {
    const { origin } = request.headers;
    if (socket === 'otherPath') report('path', { path: cut(request.url?.replace(/\?.*/, '') ?? '') });
    else if (origin !== undefined && !isFromAllowedOrigin(request, origins)) {
      report(socket === 'socket' ? 'socket' : 'page', { origin: cut(origin) });
    }
  };
}

const cut = (text: string): string => text.slice(0, MAX_LENGTH);
