/** What an orchestrator asks: is the process alive, may it get requests, and how is it. */
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../observability/metrics.ts';

/** `isReady` turns false when the gateway begins to stop. */
export function registerOperationsRoutes(
  app: FastifyInstance,
  isReady: () => boolean,
  metrics: Pick<Metrics, 'contentType' | 'scrape'>,
): void {
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) =>
    isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'stopping' }),
  );
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()));
}
