/** Spans as the gateway makes them. What sends them is loaded only where an endpoint is configured. */

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  readonly traceId: string;
  /** The W3C trace context that makes this span the parent of whoever gets it. */
  readonly traceparent: string;
  /** The work for it at a service that is called. */
  child(name: string, attributes: Attributes): Span;
  /** With codes of errors it counts as failed. */
  end(name: string, attributes: Attributes, errorCodes: readonly string[]): void;
}

export interface Tracer {
  /** The span of an operation; `parent` is a valid W3C trace context, or null. */
  begin(parent: string | null): Span;
  /** Sends what has not been sent. */
  close(): Promise<void>;
}

/** Null where nobody traces. */
export async function createTracer(endpoint: string | null, serviceName: string): Promise<Tracer | null> {
  if (endpoint === null) return null;
  const { createOtlpTracer } = await import('./otlp.ts');
  return createOtlpTracer(endpoint, serviceName);
}
