/** The record of one operation. Its log line, its span and its metrics are made from it, so they agree. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import type { TraceHeaders } from './trace-headers.ts';

export const TRANSPORTS = ['http', 'graphql-ws', 'graphql-sse', 'mcp'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export type OperationType = 'query' | 'mutation' | 'subscription';

/** For a WebSocket, the request of its handshake: its operations have no response of their own. */
export interface HttpSource {
  readonly request: IncomingMessage;
  readonly response?: ServerResponse;
}

/** Facts about the client of a request, as trusted proxies report them. */
export interface ClientFacts {
  readonly addressOf: (request: IncomingMessage) => string;
  readonly schemeOf: (request: IncomingMessage) => 'http' | 'https';
}

/** As the client says: anyone can say it. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string | null;
}

/** Facts that are known when an operation begins. */
export interface OperationStart {
  readonly transport: Transport;
  readonly requestId: string;
  /** Null if the request has no credential. */
  readonly viewerId: string | null;
  readonly clientInfo: ClientInfo | null;
  /** Left out for an operation without an HTTP request. */
  readonly http?: HttpSource | undefined;
}

export interface OperationRecord extends Omit<OperationStart, 'transport' | 'http'> {
  /** Known only by the outcome, for a request that accepts both forms. */
  transport: Transport;
  /** Milliseconds, from `performance.now()`. */
  readonly startedAt: number;
  /** Does nothing if the process has no SDK. */
  readonly span: Span;
  /** Of the request. The upstream gets it if the process has no SDK. */
  readonly traceContext: TraceHeaders;
  /** Released at the end: a poller keeps the record of the subscription that started it. */
  http: HttpSource | undefined;
  /** Null for anonymous operations, and until the document is validated. */
  name: string | null;
  /** `unknown` until the document is validated. */
  type: OperationType | 'unknown';
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

export function recordErrorCode(operationRecord: OperationRecord, code: string): void {
  if (!operationRecord.errorCodes.includes(code)) operationRecord.errorCodes = [...operationRecord.errorCodes, code];
}

/** `response`: from the response cache. `hit`: all data was cached. `none`: no data was read. */
export const CACHE_OUTCOMES = ['response', 'hit', 'fetched', 'stale', 'none'] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** The worst result among the operation's reads. */
export function cacheOutcomeOf({ hasStale, hasFetched, hasCached }: OperationRecord): CacheOutcome {
  if (hasStale) return 'stale';
  if (hasFetched) return 'fetched';
  return hasCached ? 'hit' : 'none';
}
