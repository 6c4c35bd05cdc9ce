/** Probes and metrics: routes of the gateway, or of a server of their own. */
import fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import type { Metrics } from '../observability/metrics.ts';
import { sendJson } from './replies.ts';

export interface OpsOptions {
  readonly metrics: Pick<Metrics, 'contentType' | 'scrape'>;
  readonly isReady: () => boolean;
}

const MAX_CONNECTIONS = 1000;
const REQUEST_TIMEOUT_MS = 10_000;

export const createOps =
  ({ metrics, isReady }: OpsOptions): FastifyPluginCallback =>
  (app, _options, done) => {
    app.get('/healthz', (_request, reply) => sendJson(reply, 200, { status: 'alive' }));
    app.get('/readyz', (_request, reply) =>
      isReady() ? sendJson(reply, 200, { status: 'ready' }) : sendJson(reply, 503, { status: 'stopping' }),
    );
    app.get('/metrics', async (_request, reply) =>
      reply.headers({ 'content-type': metrics.contentType, 'cache-control': 'no-store' }).send(await metrics.scrape()),
    );
    done();
  };

/** The server of OPS_PORT. It has connections of its own: clients cannot use up those of the probes. */
export function createOpsServer(ops: FastifyPluginCallback): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });
  app.server.maxConnections = MAX_CONNECTIONS;
  void app.register(ops);
  return app;
}
