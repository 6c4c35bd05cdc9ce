/** The tracing interface of the gateway, independent of the exporter. */
import type { Logger } from '../logger.ts';

export type Attributes = Readonly<Record<string, string | number | boolean | string[]>>;

export interface Span {
  readonly traceId: string;
  /** The W3C trace context with this span as the parent. */
  readonly traceparent: string;
  /** A client span: a call to another service. */
  child(name: string, attributes: Attributes): Span;
  /** With error codes, the span's status is an error. */
  end(name: string, attributes: Attributes, errorCodes: readonly string[]): void;
}

export interface Tracer {
  /** The server span of an operation. `parent` is a valid W3C trace context, or null. */
  begin(parent: string | null, attributes: Attributes): Span;
  /** Exports the remaining spans. Rejects where that takes longer than two seconds. */
  close(): Promise<void>;
}

export interface TracerOptions {
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Of the gateway. */
  readonly version: string;
}
