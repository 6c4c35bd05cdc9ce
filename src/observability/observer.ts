/** The one interface through which the gateway reports operations and upstream calls to metrics, log and traces. */
import type { UpstreamEndpoint } from '../config/config.ts';
import { createDeviationReports, type CountedDeviation } from './deviations.ts';
import type { ClientFacts, HttpSource } from './http-source.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { traceparentOf, type OperationRecord, type OperationStart } from './operation-record.ts';
import { createOperationObserver, type OnOperation } from './observed-operation.ts';
import { createOperationLog } from './operation-log.ts';
import { outcomeOf } from './outcome.ts';
import { callAttributes, callEndAttributes, URL_TEMPLATES } from './tracing/attributes.ts';
import { endOperationSpan } from './tracing/operation-span.ts';
import { requestAttributes } from './tracing/request-attributes.ts';
import type { Tracer } from './tracing/spans.ts';

export interface Observer {
  /** Counted always, logged at `debug` only, never timed or traced. */
  responseCacheHit(requestId: string, viewerId: string, http: HttpSource): void;
  /** A record for which `end` is never called is not reported. */
  begin(start: OperationStart): OperationRecord;
  subscribed(operationRecord: OperationRecord): void;
  /** To be called once per record. */
  end(operationRecord: OperationRecord): void;
  /** `operationRecord` is that of the operation that caused the call. */
  call(
    endpoint: UpstreamEndpoint,
    request: UpstreamRequest,
    operationRecord: OperationRecord | undefined,
  ): ObservedCall;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly url: URL;
}

export interface ObservedCall {
  /** The `traceparent` header to send, or null. */
  readonly traceparent: string | null;
  /** To be called once per attempt. */
  attempt(): void;
  readonly answered: (status: number) => void;
  /** What the answer's reader has found. */
  deviated(deviations: readonly CountedDeviation[]): void;
  /** `outcome` is `ok`, `ABANDONED` or an error code. */
  end(outcome: string): void;
}

export interface ObserverOptions {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly tracer: Tracer | null;
  readonly client: ClientFacts;
  readonly onOperation?: OnOperation | undefined;
}

export function createObserver({ metrics, logger, tracer, client, onOperation }: ObserverOptions): Observer {
  const log = createOperationLog(logger, client);
  const embedder = onOperation && createOperationObserver(onOperation, logger);
  const reportDeviations = createDeviationReports(metrics, logger, () => performance.now());

  return {
    responseCacheHit(requestId, viewerId, http) {
      metrics.responseCacheHit();
      log.responseCacheHit(requestId, viewerId, http);
      embedder?.responseCacheHit(requestId, viewerId);
    },

    begin({ transport, requestId, viewerId, traceparent, http }) {
      const parent = traceparentOf(traceparent);
      const span = tracer?.begin(parent, http ? requestAttributes(http, client) : {}) ?? null;
      return {
        transport,
        requestId,
        viewerId,
        http,
        startedAt: performance.now(),
        span,
        traceparent: span?.traceparent ?? parent,
        name: null,
        type: 'unknown',
        queryHash: null,
        hasCached: false,
        hasFetched: false,
        hasStale: false,
        upstreamCalls: 0,
        events: 0,
        isSubscribed: false,
        isAbandoned: false,
        errorCodes: [],
      };
    },

    subscribed(operationRecord) {
      operationRecord.isSubscribed = true;
      // HTTP carries events as server-sent ones alone.
      if (operationRecord.transport === 'http') operationRecord.transport = 'graphql-sse';
      metrics.subscribers(operationRecord.transport, 1);
    },

    end(operationRecord) {
      const durationMs = performance.now() - operationRecord.startedAt;
      const outcome = outcomeOf(operationRecord);
      if (operationRecord.isSubscribed) metrics.subscribers(operationRecord.transport, -1);
      metrics.operation(operationRecord, outcome, durationMs / 1000);
      log.executed(operationRecord, outcome, durationMs);
      embedder?.executed(operationRecord, outcome, durationMs);
      if (operationRecord.span) endOperationSpan(operationRecord.span, operationRecord, outcome);
      operationRecord.http = undefined;
    },

    call(endpoint, { method, url }, operationRecord) {
      const startedAt = performance.now();
      const name = `${method} ${URL_TEMPLATES[endpoint]}`;
      const span = operationRecord?.span?.child(name, callAttributes(endpoint, method, url)) ?? null;
      if (operationRecord) operationRecord.upstreamCalls += 1;
      let attempts = 0;
      let status: number | null = null;
      return {
        traceparent: span?.traceparent ?? operationRecord?.traceparent ?? null,
        attempt() {
          attempts += 1;
        },
        answered(code) {
          status = code;
        },
        deviated(deviations) {
          reportDeviations(deviations, operationRecord?.requestId);
        },
        end(outcome) {
          metrics.upstreamCall(endpoint, outcome, (performance.now() - startedAt) / 1000);
          const isError = outcome !== 'ok' && outcome !== 'ABANDONED';
          span?.end(name, callEndAttributes({ attempts, status, outcome }), isError ? [outcome] : []);
        },
      };
    },
  };
}
