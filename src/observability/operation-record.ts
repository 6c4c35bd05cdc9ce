/** The record of one operation. Its log line, its span and its metrics are made from it, so they agree. */
import type { HttpSource } from './http-source.ts';
import type { Span } from './tracing/spans.ts';

export const TRANSPORTS = ['http', 'graphql-ws', 'graphql-sse'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export const OPERATION_TYPES = ['query', 'mutation', 'subscription', 'unknown'] as const;
export type OperationType = (typeof OPERATION_TYPES)[number];

/** What is known when an operation begins. */
export interface OperationStart {
  readonly transport: Transport;
  readonly requestId: string;
  /** Null if the request has no credential. */
  readonly viewerId: string | null;
  /** The request header, not yet validated. */
  readonly traceparent: string | readonly string[] | undefined;
  /** Left out where no HTTP request brought the operation. */
  readonly http?: HttpSource | undefined;
}

export interface OperationRecord extends Omit<OperationStart, 'transport' | 'traceparent' | 'http'> {
  /** Of a request that accepts both forms, known by its outcome. */
  transport: Transport;
  /** Milliseconds, from `performance.now()`. */
  readonly startedAt: number;
  /** Null if tracing is off. */
  readonly span: Span | null;
  /** Passed on to the upstream. Null if tracing is off and the request has none. */
  readonly traceparent: string | null;
  /** Released at the end: a poller keeps the record of the subscription that started it. */
  http: HttpSource | undefined;
  /** Null for anonymous operations, and until the document is validated. */
  name: string | null;
  type: OperationType;
  queryHash: string | null;
  /** How the data read so far was obtained: from the cache, by a call, or stale instead of an error. */
  hasCached: boolean;
  hasFetched: boolean;
  hasStale: boolean;
  upstreamCalls: number;
  /** Events sent, for a subscription. */
  events: number;
  isSubscribed: boolean;
  /** The client disconnected before the answer. */
  isAbandoned: boolean;
  /** Distinct codes. */
  errorCodes: readonly string[];
}

const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** The given W3C trace context if it is valid, else null. */
export const traceparentOf = (given: string | readonly string[] | undefined): string | null =>
  typeof given === 'string' && TRACEPARENT.test(given) ? given : null;

export function recordErrorCode(operationRecord: OperationRecord, code: string): void {
  if (!operationRecord.errorCodes.includes(code)) operationRecord.errorCodes = [...operationRecord.errorCodes, code];
}

export const CACHE_OUTCOMES = ['ready', 'held', 'fetched', 'stale', 'none'] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** The worst result among the operation's reads. */
export function cacheOutcomeOf({ hasStale, hasFetched, hasCached }: OperationRecord): CacheOutcome {
  if (hasStale) return 'stale';
  if (hasFetched) return 'fetched';
  return hasCached ? 'held' : 'none';
}
