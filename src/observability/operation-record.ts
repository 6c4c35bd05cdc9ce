/** The record of one operation. Its log line, span and metrics are derived from it, so they agree. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import { outcomeOf, type OperationOutcome } from './outcome.ts';
import { readTraceHeaders, type TraceHeaders } from './trace-headers.ts';

export const TRANSPORTS = ['http', 'graphql-ws', 'graphql-sse', 'mcp'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export type OperationType = 'query' | 'mutation' | 'subscription';

/** For a WebSocket, the request of its handshake: its operations don't have separate responses. */
export interface HttpSource {
  readonly request: IncomingMessage;
  readonly response?: ServerResponse;
}

/** Facts about a request's client, as reported by trusted proxies. */
export interface ClientFacts {
  readonly addressOf: (request: IncomingMessage) => string;
  readonly schemeOf: (request: IncomingMessage) => 'http' | 'https';
}

/** As claimed by the client. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string | null;
}

/** Facts known when an operation begins. */
export interface OperationStart {
  readonly transport: Transport;
  readonly requestId: string;
  /** Viewer id, or null without a credential. */
  readonly viewerId: string | null;
  /** Caller name, or null. */
  readonly callerName: string | null;
  readonly clientInfo: ClientInfo | null;
  readonly http: HttpSource;
}

/** `response`: from the response cache. `hit`: all data was cached. `none`: no data was read. */
export const CACHE_OUTCOMES = ['response', 'hit', 'fetched', 'stale', 'none'] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** Report on an operation for its log line and for `onOperation`, without any variable, payload or key. */
export interface ObservedOperation {
  readonly requestId: string;
  readonly transport: Transport;
  /** Identifies what the caller may see, and is useless outside this process. Null without a credential. */
  readonly viewerId: string | null;
  /**
   * The `sub` of a token, the name of a gateway key, an embedder's `subject`, or the viewer of an upstream key. Null
   * without a name.
   */
  readonly callerName: string | null;
  /** As claimed by the client, or null. */
  readonly clientName: string | null;
  readonly clientVersion: string | null;
  /** Name, or null for an anonymous or invalid operation, and for a response cache hit. */
  readonly name: string | null;
  /** `unknown` for an invalid operation and for a response cache hit. */
  readonly type: OperationType | 'unknown';
  /** SHA-256 of the document, or null for an invalid operation and for a response cache hit. */
  readonly queryHash: string | null;
  /** Milliseconds, or null for a response cache hit. */
  readonly durationMs: number | null;
  readonly outcome: OperationOutcome;
  /** `response` means that the whole response came from the response cache. */
  readonly cache: CacheOutcome;
  readonly upstreamCalls: number;
  /** Distinct codes. */
  readonly errorCodes: readonly string[];
  /** Events sent, or null if the operation isn't a subscription. */
  readonly events: number | null;
}

/** Metrics, log and traces. */
export interface Reports {
  subscribers(transport: Transport, change: 1 | -1): void;
  wrote(record: OperationRecord, write: AuditedWrite): void;
  ended(record: OperationRecord, operation: ObservedOperation): void;
}

/** A mutation, without its payload. */
export interface AuditedWrite {
  readonly action: string;
  readonly outcome: 'success' | 'failure' | 'unknown';
  readonly errorCode?: string | undefined;
  readonly ids: Partial<Readonly<Record<'workflowId' | 'runId' | 'stepId', string | undefined>>>;
}

export class OperationRecord {
  readonly requestId: string;
  readonly viewerId: string | null;
  readonly callerName: string | null;
  readonly clientInfo: ClientInfo | null;
  /** Does nothing unless the process has an SDK. */
  readonly span: Span;
  /** Trace headers of the request, which are sent upstream unless the process has an SDK. */
  readonly traceContext: TraceHeaders;
  /** Released at the end, because a poller keeps the record of the subscription that started it. */
  http: HttpSource | undefined;
  /** Name, or null for anonymous operations, and until the document is validated. */
  name: string | null = null;
  /** `unknown` until the document is validated. */
  type: OperationType | 'unknown' = 'unknown';
  queryHash: string | null = null;
  /** How the data so far was obtained: from the cache, through a call, or stale instead of an error. */
  hasCached = false;
  hasFetched = false;
  hasStale = false;
  upstreamCalls = 0;
  /** Events sent, for a subscription. */
  events = 0;
  /** Whether the client disconnected before the response. */
  isAbandoned = false;
  readonly #errorCodes = new Set<string>();
  readonly #startedAt = performance.now();
  readonly #reports: Reports;
  #transport: Transport;
  #isSubscribed = false;

  constructor(start: OperationStart, span: Span, reports: Reports) {
    const { transport, requestId, viewerId, callerName, clientInfo, http } = start;
    this.requestId = requestId;
    this.viewerId = viewerId;
    this.callerName = callerName;
    this.clientInfo = clientInfo;
    this.http = http;
    this.span = span;
    this.traceContext = readTraceHeaders(http.request.headers);
    this.#transport = transport;
    this.#reports = reports;
  }

  addError(code: string): void {
    this.#errorCodes.add(code);
  }

  wrote(write: AuditedWrite): void {
    this.#reports.wrote(this, write);
  }

  subscribed(): void {
    this.#isSubscribed = true;
    // A request may accept both formats. Over HTTP, events are always server-sent.
    if (this.#transport === 'http') this.#transport = 'graphql-sse';
    this.#reports.subscribers(this.#transport, 1);
  }

  /** Reports the operation. Call it once. */
  end(): void {
    if (this.#isSubscribed) this.#reports.subscribers(this.#transport, -1);
    this.#reports.ended(this, this.#observed());
    this.http = undefined;
  }

  #observed(): ObservedOperation {
    const { requestId, viewerId, callerName, name, type, queryHash, upstreamCalls } = this;
    const errorCodes = [...this.#errorCodes];
    return {
      ...{ requestId, viewerId, callerName, name, type, queryHash, upstreamCalls, errorCodes },
      ...clientOf(this.clientInfo),
      transport: this.#transport,
      outcome: outcomeOf(errorCodes, this.isAbandoned),
      cache: this.#cache(),
      events: this.#isSubscribed ? this.events : null,
      durationMs: Math.round((performance.now() - this.#startedAt) * 1000) / 1000,
    };
  }

  /** The worst result of the operation's reads. */
  #cache(): CacheOutcome {
    if (this.hasStale) return 'stale';
    if (this.hasFetched) return 'fetched';
    return this.hasCached ? 'hit' : 'none';
  }
}

export const observedCacheHit = ({
  requestId,
  viewerId,
  callerName,
  clientInfo,
}: OperationStart): ObservedOperation => ({
  ...clientOf(clientInfo),
  ...{
    requestId,
    transport: 'http',
    viewerId,
    callerName,
    name: null,
    type: 'unknown',
    queryHash: null,
    durationMs: null,
  },
  ...{ outcome: 'ok', cache: 'response', upstreamCalls: 0, errorCodes: [], events: null },
});

const clientOf = (clientInfo: ClientInfo | null) => ({
  clientName: clientInfo?.name ?? null,
  clientVersion: clientInfo?.version ?? null,
});
