/** The headers that carry a trace: those of a request, and those of a span. */
import type { IncomingHttpHeaders } from 'node:http';
import { isSpanContextValid, propagation, ROOT_CONTEXT, trace, type Span } from '@opentelemetry/api';

export type TraceHeaders = Readonly<Record<string, string>>;

const NONE: TraceHeaders = {};
const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
/** Its members mean nothing here. W3C asks for at least 512 characters. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** Those of W3C Trace Context in a request, as far as they are valid. */
export function readTraceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): TraceHeaders {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return NONE;
  const isPassedOn = typeof tracestate === 'string' && TRACESTATE.test(tracestate);
  return isPassedOn ? { traceparent, tracestate } : { traceparent };
}

/** Those with this span as the parent, as the SDK's propagators write them; null without an SDK in the process. */
export function traceHeadersOf(span: Span): TraceHeaders | null {
  if (!isSpanContextValid(span.spanContext())) return null;
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
  return headers;
}
