/** The embedded upstream as an HTTP server: the gateway's upstream without UPSTREAM_URL. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { bodyOf, RequestError } from './request.ts';
import { addRoutes, viewerOf } from './routes.ts';
import { createTimerScheduler, type Scheduler } from './scheduler.ts';
import { createStore } from './store.ts';

export interface EmbeddedUpstreamOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Determines the content of the history. The docs quote the history of the default seed. */
  readonly seed?: number;
  /** Speed of live runs. Default: 1 (4 to 15 seconds per run). */
  readonly pace?: number;
  /** The clock of all runs. Default: the machine's. */
  readonly scheduler?: Scheduler;
  /** Whether an incident began within the last hour, and a run is stuck. Default: false. */
  readonly hasIncident?: boolean;
}

export interface EmbeddedUpstream {
  /** The base URL, without a trailing slash. */
  readonly url: string;
  /** Stops runs in progress and closes every connection. */
  close(): Promise<void>;
}

const DEFAULT_SEED = 20261120;
/** Longer than a client keeps an idle connection, so no request meets a connection that is being closed. */
const KEEP_ALIVE_MS = 75_000;

export async function createEmbeddedUpstream({
  host = '127.0.0.1',
  port,
  seed = DEFAULT_SEED,
  pace = 1,
  scheduler = createTimerScheduler(),
  hasIncident = false,
}: EmbeddedUpstreamOptions): Promise<EmbeddedUpstream> {
  const store = createStore({ seed, pace, scheduler, hasIncident });
  const app = fastify({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // A malformed path, for which no hook runs. Here, too, the key comes first.
    frameworkErrors(error, request, reply) {
      sendError(errorOf(() => viewerOf(request)) ?? error, request, reply);
    },
  });
  app.setErrorHandler(sendError);
  app.setNotFoundHandler(() => {
    throw new RequestError(404, 'No such path');
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) => bodyOf(payload));
  addRoutes(app, store);
  await app.listen({ host, port });
  // A later error, such as too many open files, must not be uncaught.
  app.server.on('error', () => undefined);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(app.server.address() as AddressInfo).port}`,
    async close() {
      store.close();
      await app.close();
    },
  };
}

function errorOf(check: () => unknown): RequestError | null {
  try {
    check();
    return null;
  } catch (error) {
    return error as RequestError;
  }
}

function sendError(
  error: Error & { readonly statusCode?: number },
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const status = error.statusCode ?? 500;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const problems = error instanceof RequestError && error.problems.length > 0 ? { errors: error.problems } : {};
  reply.code(status).send({ detail: status < 500 ? error.message : 'The server failed', ...problems });
}
