/** The tracer. The exporter is loaded only if an endpoint is configured. */
import type { Tracer } from './spans.ts';

/** Null if tracing is off. */
export async function createTracer(endpoint: string | null, serviceName: string): Promise<Tracer | null> {
  if (endpoint === null) return null;
  const { createOtlpTracer } = await import('./otlp.ts');
  return createOtlpTracer(endpoint, serviceName);
}
