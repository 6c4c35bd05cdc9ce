/** What is written down of one operation while it goes on: its line in the log, its span and its counts are made from it. */
import type { Span } from './spans.ts';

export const TRANSPORTS = ['http', 'graphql-ws', 'graphql-sse'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export const OPERATION_TYPES = ['query', 'mutation', 'subscription', 'unknown'] as const;
export type OperationType = (typeof OPERATION_TYPES)[number];

/** Whoever asks, as an operation begins. */
export interface OperationStart {
  readonly transport: Transport;
  readonly requestId: string;
  /** Null: no bearer key came. */
  readonly viewerId: string | null;
  /** As it came in the header of that name. */
  readonly traceparent: string | readonly string[] | undefined;
}

export interface OperationRecord extends Omit<OperationStart, 'traceparent'> {
  /** By the process's own steady clock, in milliseconds. */
  readonly startedAt: number;
  /** Null where nobody traces. */
  readonly span: Span | null;
  /** What its upstream calls carry on; null where nothing came and nobody traces. */
  readonly traceparent: string | null;
  /** Null while it is not known to be valid. */
  name: string | null;
  type: OperationType;
  queryHash: string | null;
  /** Which of the three ways the data came that it has read so far. */
  hasCached: boolean;
  hasFetched: boolean;
  hasStale: boolean;
  upstreamCalls: number;
  /** Of a subscription. */
  events: number;
  isSubscribed: boolean;
  /** Its client went before it had its answer. */
  isAbandoned: boolean;
  /** Each code once. */
  errorCodes: readonly string[];
}

const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** A W3C trace context that is one, or null. */
export const traceparentOf = (given: string | readonly string[] | undefined): string | null =>
  typeof given === 'string' && TRACEPARENT.test(given) ? given : null;

export function recordErrorCode(operationRecord: OperationRecord, code: string): void {
  if (!operationRecord.errorCodes.includes(code)) operationRecord.errorCodes = [...operationRecord.errorCodes, code];
}

export const CACHE_OUTCOMES = ['ready', 'held', 'fetched', 'stale', 'none'] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** The worst that one of its reads came to. */
export function cacheOutcomeOf({ hasStale, hasFetched, hasCached }: OperationRecord): CacheOutcome {
  if (hasStale) return 'stale';
  if (hasFetched) return 'fetched';
  return hasCached ? 'held' : 'none';
}
