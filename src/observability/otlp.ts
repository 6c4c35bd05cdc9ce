/** Spans over OTLP/HTTP, by OpenTelemetry's SDK without its globals. Imported on demand, because the SDK is large. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span as SdkSpan } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, Tracer } from './spans.ts';

/** Includes retries. An unreachable collector must not delay the shutdown for longer. */
const SEND_WITHIN_MS = 2000;

/** `endpoint` ends with `/`. */
export function createOtlpTracer(endpoint: string, serviceName: string): Tracer {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}v1/traces`, timeoutMillis: SEND_WITHIN_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    // An incoming trace carries the caller's sampling decision.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('stepgate');

  function wrap(span: SdkSpan): Span {
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceId,
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      child: (name, attributes) =>
        wrap(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, trace.setSpan(ROOT_CONTEXT, span))),
      end(name, attributes, errorCodes) {
        span.updateName(name).setAttributes(attributes);
        const [first] = errorCodes;
        if (first !== undefined) {
          span.setAttribute('error.type', first);
          span.setStatus({ code: SpanStatusCode.ERROR, message: errorCodes.join(' ') });
        }
        span.end();
      },
    };
  }

  return {
    begin: (parent) => wrap(tracer.startSpan('GraphQL Operation', { kind: SpanKind.SERVER }, contextOf(parent))),
    close: () => provider.shutdown(),
  };
}

/** `traceparent` is valid: version, trace id, span id, flags. */
function contextOf(traceparent: string | null): Context {
  if (traceparent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true });
}
