/** Spans over OTLP/HTTP, by OpenTelemetry's SDK without its globals. Imported on demand, because the SDK is large. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span as SdkSpan } from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler as SdkSampler,
} from '@opentelemetry/sdk-trace';
import type { Sampler, TracingConfig } from '../../config/config.ts';
import { createSpanExporter } from './span-exporter.ts';
import type { Span, Tracer, TracerOptions } from './spans.ts';

/** An unreachable collector must not delay the shutdown for longer. */
const CLOSE_WITHIN_MS = 2000;

const ROOT_SAMPLERS: Readonly<Record<string, (ratio: number) => SdkSampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
};

export async function createOtlpTracer(config: TracingConfig, options: TracerOptions): Promise<Tracer> {
  const { logger, now, version } = options;
  const exporter = await createSpanExporter(config, logger, now);
  const { delayMs, exportTimeoutMs, maxQueueSize, maxBatchSize } = config.batch;
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.version': version, ...config.resource })),
    sampler: createSampler(config.sampler, config.sampledRatio),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: delayMs,
        exportTimeoutMillis: exportTimeoutMs,
        maxQueueSize,
        maxExportBatchSize: maxBatchSize,
      }),
    ],
  });
  const tracer = provider.getTracer('stepgate', version);

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
    begin: (parent, attributes) =>
      wrap(tracer.startSpan('GraphQL Operation', { kind: SpanKind.SERVER, attributes }, contextOf(parent))),
    close: () => within(provider.shutdown(), CLOSE_WITHIN_MS),
  };
}

/** `parentbased_…`: an incoming trace carries the caller's decision; the rest of the name decides where none came. */
function createSampler(name: Sampler, ratio: number): SdkSampler {
  const [, parentBased, rootName = ''] = /^(parentbased_)?(.+)$/.exec(name) ?? [];
  const root = ROOT_SAMPLERS[rootName]?.(ratio) ?? new AlwaysOnSampler();
  return parentBased === undefined ? root : new ParentBasedSampler({ root });
}

/** `traceparent` is valid: version, trace id, span id, flags. */
function contextOf(traceparent: string | null): Context {
  if (traceparent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true });
}

async function within(done: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`the collector did not take them within ${ms} ms`));
  }, ms);
  try {
    await Promise.race([done, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
