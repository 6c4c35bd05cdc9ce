/**
 * OpenTelemetry's SDK as an embedder starts it: it exports the spans of all gateways in this process to a collector.
 */
import { context, propagation, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

export interface TracingSdk {
  /** Exports the last spans. */
  close(): Promise<void>;
}

export function startTracingSdk(collectorUrl: string): TracingSdk {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collectorUrl;
  const sdk = new NodeSDK({ metricReaders: [], logRecordProcessors: [], autoDetectResources: false });
  sdk.start();
  let closing: Promise<void> | null = null;
  const close = async () => {
    delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    for (const api of [trace, context, propagation]) api.disable();
    await sdk.shutdown();
  };
  return { close: () => (closing ??= close()) };
}
