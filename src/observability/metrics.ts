/** The metrics of one gateway, in a registry of its own; docs/observability.md lists them. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import {
  cacheOutcomeOf,
  CACHE_OUTCOMES,
  OPERATION_TYPES,
  TRANSPORTS,
  type OperationRecord,
} from './operation-record.ts';
import { codeLabel, OUTCOMES, type Outcome } from './outcome.ts';
import { createTally } from './tally.ts';
import { createTimings } from './timings.ts';

const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** What others know at the moment of a scrape. */
export interface MetricSources {
  readonly upstream: () => UpstreamState;
  readonly cachedBytes: () => number;
  readonly pollers: () => number;
}

export interface UpstreamState {
  readonly breaker: (typeof BREAKER_STATES)[number];
  readonly callsInUse: number;
  readonly callsQueued: number;
}

export interface Metrics {
  readonly contentType: string;
  /** All of them, in Prometheus' text format. */
  scrape(): Promise<string>;
  /** Names the parts that are asked for their state at a scrape. */
  watch(sources: MetricSources): void;
  readyAnswer(): void;
  /** Subscriptions are not timed: they last as long as their runs. */
  operation(operationRecord: OperationRecord, outcome: Outcome, seconds: number): void;
  subscribers(transport: OperationRecord['transport'], change: 1 | -1): void;
  upstreamCall(endpoint: string, outcome: string, seconds: number): void;
}

const OPERATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = createCounters(registry);
  const subscribers = new Map<string, number>(TRANSPORTS.map((transport) => [transport, 0]));
  gaugeByLabel(registry, 'stepgate_subscribers', 'Subscriptions that are open', 'transport', () => [...subscribers]);

  return {
    contentType: registry.contentType,
    scrape: () => registry.metrics(),
    watch: (sources) => {
      createGauges(registry, sources);
    },
    subscribers(transport, change) {
      subscribers.set(transport, (subscribers.get(transport) ?? 0) + change);
    },
    ...counters,
  };
}

function createCounters(registry: Registry) {
  const count = (name: string, help: string, ...labels: string[]) => createTally(registry, name, help, labels);

  const operations = count('stepgate_operations_total', 'Operations that ended', 'transport', 'type', 'outcome');
  const caches = count('stepgate_operation_cache_total', 'Operations by the worst of what they read', 'cache');
  const codes = count('stepgate_operation_errors_total', 'Operations with an error, once for each code', 'code');
  const calls = count('stepgate_upstream_calls_total', 'Calls to the upstream that ended', 'endpoint', 'outcome');
  const observeOperation = createTimings(
    registry,
    'stepgate_operation_duration_seconds',
    'Queries and mutations that were executed',
    'transport',
    OPERATION_BUCKETS,
  );
  const observeCall = createTimings(
    registry,
    'stepgate_upstream_call_duration_seconds',
    'Calls to the upstream, with waiting and retries',
    'endpoint',
    CALL_BUCKETS,
  );
  // A series that begins at 0 shows its first increase.
  for (const transport of TRANSPORTS) {
    for (const type of OPERATION_TYPES) for (const outcome of OUTCOMES) operations(transport, type, outcome);
  }
  for (const cache of CACHE_OUTCOMES) caches(cache);
  const ready = caches('ready');
  const readyOperations = operations('http', 'query', 'ok');

  return {
    readyAnswer() {
      ready.count += 1;
      readyOperations.count += 1;
    },
    operation(operationRecord: OperationRecord, outcome: Outcome, seconds: number) {
      const { transport, type } = operationRecord;
      operations(transport, type, outcome).count += 1;
      caches(cacheOutcomeOf(operationRecord)).count += 1;
      for (const code of operationRecord.errorCodes) codes(codeLabel(code)).count += 1;
      if (type !== 'subscription') observeOperation(transport, seconds);
    },
    upstreamCall(endpoint: string, outcome: string, seconds: number) {
      calls(endpoint, outcome === 'ok' || outcome === 'ABANDONED' ? outcome : codeLabel(outcome)).count += 1;
      observeCall(endpoint, seconds);
    },
  };
}

function createGauges(registry: Registry, { upstream, cachedBytes, pollers }: MetricSources): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('stepgate_upstream_calls_in_use', 'Calls that are with the upstream', () => upstream().callsInUse);
  gauge('stepgate_upstream_calls_queued', 'Calls that wait for a place', () => upstream().callsQueued);
  gauge('stepgate_held_bytes', "What is cached of the upstream's answers, as CACHE_MAX_BYTES counts it", cachedBytes);
  gauge('stepgate_pollers', 'Runs that are looked at again and again for subscribers', pollers);
  gaugeByLabel(registry, 'stepgate_upstream_breaker', "1 for the breaker's state", 'state', () =>
    BREAKER_STATES.map((state) => [state, upstream().breaker === state ? 1 : 0]),
  );
}

function gaugeByLabel(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => readonly (readonly [string, number])[],
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [value, figure] of read()) this.set({ [label]: value }, figure);
    },
  });
}
