/** The metrics of one gateway, in a registry of its own. docs/observability.md lists them. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerBuildInfo, type BuildInfo } from './build-info.ts';
import { BREAKER_STATES, createFleetMetrics, type BreakerState, type FleetMetrics } from './fleet-metrics.ts';
import {
  cacheOutcomeOf,
  CACHE_OUTCOMES,
  OPERATION_TYPES,
  TRANSPORTS,
  type OperationRecord,
} from './operation-record.ts';
import { codeLabel, OUTCOMES, type Outcome } from './outcome.ts';

/** Gauges of prom-client with the suffix of counters. Their sums by type, without the suffix, stay. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Read at each scrape. */
export interface MetricSources {
  readonly upstream: () => UpstreamState;
  readonly cachedBytes: () => number;
  readonly pollers: () => number;
  readonly build: BuildInfo;
}

export interface UpstreamState {
  readonly breaker: BreakerState;
  /** Endpoints of single workflows whose own breaker has opened in the last ten seconds. */
  readonly openCompartments: number;
  readonly callsInUse: number;
  readonly callsQueued: number;
}

export interface Metrics {
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  scrape(): Promise<string>;
  /** Registers the gauges that are read at a scrape. To be called once. */
  watch(sources: MetricSources): void;
  /** Registers the metrics of the shared tier. To be called at most once. */
  fleet(): FleetMetrics;
  responseCacheHit(): void;
  /** Subscriptions are counted but not timed: they last as long as their runs. */
  operation(operationRecord: OperationRecord, outcome: Outcome, seconds: number): void;
  subscribers(transport: OperationRecord['transport'], change: 1 | -1): void;
  /** `outcome` is `ok`, `ABANDONED` or an error code. */
  upstreamCall(endpoint: string, outcome: string, seconds: number): void;
  /** `field` is a path of the contract, never a word of an answer. */
  upstreamDeviation(field: string, outcome: 'read' | 'lost', count: number): void;
}

const OPERATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return {
    contentType: registry.contentType,
    scrape: () => registry.metrics(),
    watch: (sources) => {
      registerBuildInfo(registry, sources.build);
      registerGauges(registry, sources);
    },
    fleet: () => createFleetMetrics(registry),
    ...operationMetrics(registry),
    ...upstreamMetrics(registry),
  };
}

function operationMetrics(registry: Registry): Pick<Metrics, 'responseCacheHit' | 'operation' | 'subscribers'> {
  const registers = [registry];
  const operations = new Counter({
    name: 'stepgate_operations_total',
    help: 'Operations completed',
    labelNames: ['transport', 'type', 'outcome'],
    registers,
  });
  const caches = new Counter({
    name: 'stepgate_operation_cache_total',
    help: 'Operations by cache result',
    labelNames: ['cache'],
    registers,
  });
  const errors = new Counter({
    name: 'stepgate_operation_errors_total',
    help: 'Operations with errors, once per error code',
    labelNames: ['code'],
    registers,
  });
  const durations = new Histogram({
    name: 'stepgate_operation_duration_seconds',
    help: 'Duration of executed queries and mutations',
    labelNames: ['transport'],
    buckets: OPERATION_BUCKETS,
    registers,
  });
  const subscribers = new Gauge({
    name: 'stepgate_subscribers',
    help: 'Open subscriptions',
    labelNames: ['transport'],
    registers,
  });
  // rate() misses the first increase of a series that does not begin at 0.
  for (const transport of TRANSPORTS) {
    subscribers.set({ transport }, 0);
    for (const type of OPERATION_TYPES) {
      for (const outcome of OUTCOMES) operations.inc({ transport, type, outcome }, 0);
    }
  }
  for (const cache of CACHE_OUTCOMES) caches.inc({ cache }, 0);

  return {
    responseCacheHit() {
      operations.inc({ transport: 'http', type: 'query', outcome: 'ok' });
      caches.inc({ cache: 'ready' });
    },
    operation(operationRecord, outcome, seconds) {
      const { transport, type, errorCodes } = operationRecord;
      operations.inc({ transport, type, outcome });
      caches.inc({ cache: cacheOutcomeOf(operationRecord) });
      for (const code of errorCodes) errors.inc({ code: codeLabel(code) });
      if (type !== 'subscription') durations.observe({ transport }, seconds);
    },
    subscribers(transport, change) {
      subscribers.inc({ transport }, change);
    },
  };
}

function upstreamMetrics(registry: Registry): Pick<Metrics, 'upstreamCall' | 'upstreamDeviation'> {
  const registers = [registry];
  const calls = new Counter({
    name: 'stepgate_upstream_calls_total',
    help: 'Upstream calls completed',
    labelNames: ['endpoint', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'stepgate_upstream_call_duration_seconds',
    help: 'Duration of upstream calls, including queueing and retries',
    labelNames: ['endpoint'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const deviations = new Counter({
    name: 'stepgate_upstream_deviations_total',
    help: 'Values in upstream answers that deviate from the contract, by field',
    labelNames: ['field', 'outcome'],
    registers,
  });
  return {
    upstreamDeviation(field, outcome, count) {
      deviations.inc({ field, outcome }, count);
    },
    upstreamCall(endpoint, outcome, seconds) {
      const isCode = outcome !== 'ok' && outcome !== 'ABANDONED';
      calls.inc({ endpoint, outcome: isCode ? codeLabel(outcome) : outcome });
      durations.observe({ endpoint }, seconds);
    },
  };
}

function registerGauges(registry: Registry, { upstream, cachedBytes, pollers }: MetricSources): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('stepgate_upstream_calls_in_use', 'Upstream calls in progress', () => upstream().callsInUse);
  gauge('stepgate_upstream_calls_queued', 'Upstream calls waiting for a slot', () => upstream().callsQueued);
  gauge('stepgate_held_bytes', 'Bytes cached of upstream answers, as CACHE_MAX_BYTES counts them', cachedBytes);
  gauge('stepgate_pollers', 'Live pollers', pollers);
  gauge(
    'stepgate_upstream_open_compartments',
    'Endpoints of single workflows whose own circuit breaker has opened in the last ten seconds',
    () => upstream().openCompartments,
  );
  new Gauge({
    name: 'stepgate_upstream_breaker',
    help: '1 for the current state of the circuit breaker for all calls, 0 for the others',
    labelNames: ['state'],
    registers,
    collect() {
      const { breaker } = upstream();
      for (const state of BREAKER_STATES) this.set({ state }, state === breaker ? 1 : 0);
    },
  });
}
