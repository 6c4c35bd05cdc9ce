/** What an orchestrator asks: is the process alive, and may it get requests. */
import type { FastifyInstance } from 'fastify';

/** `isReady` turns false when the gateway begins to stop. */
export function registerOperationsRoutes(app: FastifyInstance, isReady: () => boolean): void {
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) =>
    isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'stopping' }),
  );
}
