/** The headers that carry a trace: a request's, and a span's. */
import type { IncomingHttpHeaders } from 'node:http';
import { isSpanContextValid, propagation, ROOT_CONTEXT, trace, type Span } from '@opentelemetry/api';

export type TraceHeaders = Readonly<Record<string, string>>;

const NONE: TraceHeaders = {};
const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
/** Its members have no meaning here. W3C asks for at least 512 characters. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** A request's W3C Trace Context headers, if valid. */
export function readTraceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): TraceHeaders {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return NONE;
  const isPassedOn = typeof tracestate === 'string' && TRACESTATE.test(tracestate);
  return isPassedOn ? { traceparent, tracestate } : { traceparent };
}

/** Headers with this span as the parent, as the SDK's propagators write them, or null if the process has no SDK. */
export function traceHeadersOf(span: Span): TraceHeaders | null {
  if (!isSpanContextValid(span.spanContext())) return null;
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
  return headers;
}
