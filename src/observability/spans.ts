/** Spans as the gateway makes them, whoever sends them. */

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
