/** The metrics of one gateway, in a separate registry. docs/observability.md lists them. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createFleetMetrics } from './fleet-metrics.ts';
import { createInstruments, type BreakerState, type Instruments } from './instruments.ts';
import {
  CACHE_OUTCOMES,
  TRANSPORTS,
  type ClientInfo,
  type ObservedOperation,
  type Transport,
} from './operation-record.ts';
import { codeLabel, OPERATION_OUTCOMES, type OperationOutcome } from './outcome.ts';

/** prom-client's gauges with the suffix of counters. Their sums by type, without the suffix, stay. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Read on each scrape. */
export interface MetricSources {
  readonly upstream: () => UpstreamState;
  readonly cachedBytes: () => number;
  readonly pollers: () => number;
  /** `revision` is the source's, or null if unknown. */
  readonly build: { readonly version: string; readonly revision: string | null };
}

export interface UpstreamState {
  readonly breaker: BreakerState;
  /** Circuit breakers of single workflow endpoints that opened in the last ten seconds. */
  readonly openWorkflowBreakers: number;
  readonly callsInUse: number;
  readonly callsQueued: number;
}

export type Metrics = ReturnType<typeof createMetrics>;

const OPERATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A scrape takes milliseconds of the event loop, and anyone can send one. */
const SCRAPED_MS = 1000;

export function createMetrics(now: () => number, scrapedMs = SCRAPED_MS) {
  const registry = new Registry();
  let scraped: { readonly text: Promise<string>; readonly atMs: number } | null = null;
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const instruments = createInstruments(registry);
  return {
    contentType: registry.contentType,
    /** All metrics in the Prometheus text format, at most one second old. */
    scrape(): Promise<string> {
      if (scraped === null || now() >= scraped.atMs + scrapedMs) scraped = { text: registry.metrics(), atMs: now() };
      return scraped.text;
    },
    /** Registers the gauges that are read on each scrape. Call it once. */
    watch: (sources: MetricSources) => {
      watch(instruments, sources);
    },
    /** Registers the metrics of the shared tier. Call it at most once. */
    fleet: () => createFleetMetrics(instruments),
    ...operationMetrics(instruments),
    ...manifestMetrics(instruments),
    ...upstreamMetrics(instruments),
  };
}

function operationMetrics(instruments: Instruments) {
  const { counter, gauge, histogram } = instruments;
  const labels = ['transport', 'type', 'outcome'] as const;
  const operations = counter('stepgate_operations_total', 'Operations completed', labels);
  const caches = counter('stepgate_operation_cache_total', 'Operations by cache result', ['cache']);
  const errors = counter('stepgate_operation_errors_total', 'Operations with errors, once per error code', ['code']);
  const durations = histogram(
    'stepgate_operation_duration_seconds',
    'Duration of executed queries and mutations',
    ['transport'],
    OPERATION_BUCKETS,
  );
  const countClient = clientMetrics(instruments);
  const subscribers = gauge('stepgate_subscribers', 'Open subscriptions', ['transport']);
  // rate() misses the first increase of a series that does not begin at 0.
  for (const transport of TRANSPORTS) {
    subscribers.set({ transport }, 0);
    for (const type of ['query', 'mutation', 'subscription', 'unknown']) {
      for (const outcome of OPERATION_OUTCOMES) operations.inc({ transport, type, outcome }, 0);
    }
  }
  for (const cache of CACHE_OUTCOMES) caches.inc({ cache }, 0);

  return {
    responseCacheHit(clientInfo: ClientInfo | null) {
      operations.inc({ transport: 'http', type: 'query', outcome: 'ok' });
      if (clientInfo) countClient(clientInfo, 'ok', false);
      caches.inc({ cache: 'response' });
    },
    /** Subscriptions are counted but not timed: they last as long as their runs. */
    operation(operation: ObservedOperation, clientInfo: ClientInfo | null) {
      const { transport, type, outcome, cache, errorCodes, viewerId, upstreamCalls, durationMs } = operation;
      operations.inc({ transport, type, outcome });
      if (clientInfo) countClient(clientInfo, outcome, outcome === 'ok' && viewerId !== null && upstreamCalls > 0);
      caches.inc({ cache });
      for (const code of errorCodes) errors.inc({ code: codeLabel(code) });
      if (type !== 'subscription' && durationMs !== null) durations.observe({ transport }, durationMs / 1000);
    },
    subscribers(transport: Transport, change: 1 | -1) {
      subscribers.inc({ transport }, change);
    },
  };
}

/** Maximum number of name and version pairs. Each has a series per outcome. */
const MAX_CLIENTS = 100;

/** The number of series is bounded, although clients choose their names. */
function clientMetrics({ counter }: Instruments) {
  const operations = counter('stepgate_client_operations_total', 'Operations completed, by client', [
    ...(['client_name', 'client_version', 'outcome'] as const),
  ]);
  const known = new Set<string>();

  /**
   * `isProven` means that the upstream has accepted the key. Otherwise, anyone could use up the limit with made-up
   * names.
   */
  return ({ name, version }: ClientInfo, outcome: OperationOutcome, isProven: boolean): void => {
    const key = JSON.stringify([name, version]);
    if (isProven && known.size < MAX_CLIENTS) known.add(key);
    const [client_name, client_version] = known.has(key) ? [name, version ?? 'unknown'] : ['OTHER', 'OTHER'];
    operations.inc({ client_name, client_version, outcome });
  };
}

function manifestMetrics({ counter }: Instruments) {
  const reloads = counter('stepgate_manifest_reloads_total', 'Changes of PERSISTED_MANIFESTS by outcome', ['outcome']);
  // rate() misses the first increase of a series that doesn't begin at 0.
  for (const outcome of ['ok', 'failed']) reloads.inc({ outcome }, 0);
  return {
    manifestReload(outcome: 'ok' | 'failed') {
      reloads.inc({ outcome });
    },
  };
}

function upstreamMetrics({ counter, histogram }: Instruments) {
  const calls = counter('stepgate_upstream_calls_total', 'Upstream calls completed', ['endpoint', 'outcome']);
  const durations = histogram(
    'stepgate_upstream_call_duration_seconds',
    'Duration of upstream calls, including queueing and retries',
    ['endpoint'],
    CALL_BUCKETS,
  );
  const deviations = counter(
    'stepgate_upstream_deviations_total',
    'Values in upstream responses that deviate from the contract, by field',
    ['field', 'outcome'],
  );
  return {
    /** `field` is a path of the contract, never from a response. */
    upstreamDeviation(field: string, outcome: 'read' | 'lost', count: number) {
      deviations.inc({ field, outcome }, count);
    },
    /** `outcome` is `ok`, `ABANDONED` or an error code. */
    upstreamCall(endpoint: string, outcome: string, seconds: number) {
      const isCode = outcome !== 'ok' && outcome !== 'ABANDONED';
      calls.inc({ endpoint, outcome: isCode ? codeLabel(outcome) : outcome });
      durations.observe({ endpoint }, seconds);
    },
  };
}

function watch({ gauge, watched, breaker }: Instruments, { upstream, cachedBytes, pollers, build }: MetricSources) {
  watched('stepgate_upstream_calls_in_use', 'Upstream calls in progress', () => upstream().callsInUse);
  watched('stepgate_upstream_calls_queued', 'Upstream calls waiting for a slot', () => upstream().callsQueued);
  watched('stepgate_cache_bytes', 'Bytes of cached upstream data, as CACHE_MAX_BYTES counts them', cachedBytes);
  watched('stepgate_pollers', 'Live pollers', pollers);
  watched(
    'stepgate_upstream_open_workflow_breakers',
    'Circuit breakers of single workflow endpoints that opened in the last ten seconds',
    () => upstream().openWorkflowBreakers,
  );
  breaker('stepgate_upstream_breaker', 'for all calls', () => upstream().breaker);
  gauge('stepgate_build_info', 'Always 1. Version and revision of the gateway, and version of Node', [
    ...['version', 'revision', 'nodejs'],
  ]).set({ version: build.version, revision: build.revision ?? 'unknown', nodejs: process.version }, 1);
}
