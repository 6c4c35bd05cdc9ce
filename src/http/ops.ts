/** Probes and metrics: routes of the gateway, or of a separate server. */
import fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify';
import type { Metrics } from '../observability/metrics.ts';
import { jsonAnswer, type Write } from './answer.ts';

export interface OpsOptions {
  readonly metrics: Pick<Metrics, 'contentType' | 'scrape'>;
  readonly isReady: () => boolean;
  readonly write: Write;
}

const ALIVE = jsonAnswer(200, { status: 'alive' });
const READY = jsonAnswer(200, { status: 'ready' });
const STOPPING = jsonAnswer(503, { status: 'stopping' });

const MAX_CONNECTIONS = 1000;
const REQUEST_TIMEOUT_MS = 10_000;

export const createOps =
  ({ metrics, isReady, write }: OpsOptions): FastifyPluginCallback =>
  (app, _options, done) => {
    app.get('/healthz', (_request, reply) => write(reply, ALIVE));
    app.get('/readyz', (_request, reply) => write(reply, isReady() ? READY : STOPPING));
    app.get('/metrics', async (_request, reply) => {
      const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' };
      return write(reply, { status: 200, headers, body: Buffer.from(await metrics.scrape()) });
    });
    done();
  };

/** The server of OPS_PORT. Its connections are separate, so clients can't use up those for probes. */
export function createOpsServer(ops: FastifyPluginCallback): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });
  app.server.maxConnections = MAX_CONNECTIONS;
  void app.register(ops);
  return app;
}
