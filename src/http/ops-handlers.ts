/** Liveness, readiness and metrics. */
import type { Metrics } from '../observability/metrics.ts';
import type { Handler } from './exchange.ts';
import { jsonResponse, type ResponseWriter } from './response-writer.ts';

export interface OpsHandlersOptions {
  /** False once the gateway is stopping. */
  readonly isReady: () => boolean;
  readonly metrics: Pick<Metrics, 'contentType' | 'scrape'>;
  readonly writer: ResponseWriter;
}

export function createOpsHandlers({ isReady, metrics, writer }: OpsHandlersOptions): Readonly<Record<string, Handler>> {
  return {
    '/healthz': (exchange) => {
      writer.write(exchange, jsonResponse(200, { status: 'alive' }));
    },
    '/readyz': (exchange) => {
      const response = isReady() ? jsonResponse(200, { status: 'ready' }) : jsonResponse(503, { status: 'stopping' });
      writer.write(exchange, response);
    },
    '/metrics': async (exchange) => {
      const body = await metrics.scrape();
      writer.write(exchange, { status: 200, body, contentType: metrics.contentType, cacheControl: 'no-store' });
    },
  };
}
