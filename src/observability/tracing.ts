/** The tracer. What sends spans is loaded only where an endpoint is configured. */
import type { Tracer } from './spans.ts';

/** Null where nobody traces. */
export async function createTracer(endpoint: string | null, serviceName: string): Promise<Tracer | null> {
  if (endpoint === null) return null;
  const { createOtlpTracer } = await import('./otlp.ts');
  return createOtlpTracer(endpoint, serviceName);
}
