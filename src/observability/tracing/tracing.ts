/** The tracer. OpenTelemetry's SDK is loaded only if traces are sent. */
import type { TracingConfig } from '../../config/config.ts';
import type { Tracer, TracerOptions } from './spans.ts';

/** Null if tracing is off. */
export async function createTracer(config: TracingConfig | null, options: TracerOptions): Promise<Tracer | null> {
  if (config === null) return null;
  const { createOtlpTracer } = await import('./otlp.ts');
  return createOtlpTracer(config, options);
}
