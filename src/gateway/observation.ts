/** What watches the gateway: metrics, traces, and the one observer that the other parts tell. */
import type { Config } from '../config/config.ts';
import { flushed, type Logger } from '../observability/logger.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createObserver, type Observer } from '../observability/observer.ts';
import { createTracer } from '../observability/tracing.ts';

export interface Observation {
  readonly metrics: Metrics;
  readonly observer: Observer;
  /** Sends what is left of spans and of the log. */
  close(): Promise<void>;
}

export async function createObservation(config: Config, logger: Logger): Promise<Observation> {
  const metrics = createMetrics();
  const tracer = await createTracer(config.otlpEndpoint, config.otelServiceName);
  return {
    metrics,
    observer: createObserver({ metrics, logger, tracer }),
    async close() {
      await tracer?.close().catch((err: unknown) => {
        logger.warn({ err }, 'the last spans could not be sent');
      });
      await flushed(logger);
    },
  };
}
