/**
 * OpenTelemetry's SDK as an embedder starts it: it exports the spans of all gateways in this process to a collector.
 */
import { context, propagation, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

export interface TracingSdk {
  /** Exports the last spans. */
  close(): Promise<void>;
}

/** `more`: further variables of OpenTelemetry. */
export function startTracingSdk(collectorUrl: string, more: Readonly<Record<string, string>> = {}): TracingSdk {
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...more,
  };
  Object.assign(process.env, variables);
  const sdk = new NodeSDK({ metricReaders: [], logRecordProcessors: [], autoDetectResources: false });
  sdk.start();
  let closing: Promise<void> | null = null;
  const close = async () => {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
    for (const api of [trace, context, propagation]) api.disable();
    await sdk.shutdown();
  };
  return { close: () => (closing ??= close()) };
}
