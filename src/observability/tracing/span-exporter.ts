/** The exporter of spans for a protocol. A failed export is logged, at most once a minute. */
import { ExportResultCode } from '@opentelemetry/core';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../../config/config.ts';
import type { Logger } from '../logger.ts';

const LOGGED_EVERY_MS = 60_000;

export async function createSpanExporter(config: TracingConfig, logger: Logger, now: () => number) {
  const { OTLPTraceExporter } = await exporterOf(config.protocol);
  const { url, headers, timeoutMs: timeoutMillis } = config;
  const compression = config.compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;
  return logFailures(new OTLPTraceExporter({ url, headers, timeoutMillis, compression }), logger, now);
}

const exporterOf = (protocol: TracingConfig['protocol']) =>
  protocol === 'http/json'
    ? import('@opentelemetry/exporter-trace-otlp-http')
    : import('@opentelemetry/exporter-trace-otlp-proto');

function logFailures(exporter: SpanExporter, logger: Logger, now: () => number): SpanExporter {
  let lostSpans = 0;
  let nextAtMs = -Infinity;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.FAILED) {
          lostSpans += spans.length;
          if (now() >= nextAtMs) {
            // The answer of the collector is left out: it may repeat the headers that it got.
            logger.warn({ spans: lostSpans, reason: result.error?.message }, 'spans could not be sent');
            lostSpans = 0;
            nextAtMs = now() + LOGGED_EVERY_MS;
          }
        }
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
