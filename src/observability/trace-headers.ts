/** The headers of W3C Trace Context: those of a request, and those of a span. */
import type { IncomingHttpHeaders } from 'node:http';
import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** Without `tracestate` where there is none, and empty without a trace. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

const NONE: TraceHeaders = {};
const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
/** Its members mean nothing here. W3C asks for at least 512 characters. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** Those of a request, as far as they are valid. */
export function readTraceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): TraceHeaders {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return NONE;
  const isPassedOn = typeof tracestate === 'string' && TRACESTATE.test(tracestate);
  return isPassedOn ? { traceparent, tracestate } : { traceparent };
}

/** Those with this span as the parent; null if the process has no SDK. */
export function traceHeadersOf(spanContext: SpanContext): TraceHeaders | null {
  if (!isSpanContextValid(spanContext)) return null;
  const { traceId, spanId, traceFlags, traceState } = spanContext;
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}
