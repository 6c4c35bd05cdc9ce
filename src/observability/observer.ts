/** The one interface through which the gateway reports operations and upstream calls to metrics, log and traces. */
import type { UpstreamEndpoint } from '../config/config.ts';
import { createDeviationReports, type CountedDeviation } from './deviations.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { createOperationLog } from './operation-log.ts';
import {
  observedCacheHit,
  OperationRecord,
  type ClientFacts,
  type ObservedOperation,
  type OperationStart,
  type Reports,
} from './operation-record.ts';
import { createSpans } from './spans.ts';
import { traceHeadersOf, type TraceHeaders } from './trace-headers.ts';

export type OnOperation = (operation: ObservedOperation) => unknown;

export interface Observer {
  /** Always counted, logged only at `debug`, never timed or traced. */
  responseCacheHit(hit: OperationStart): void;
  /** Begins a record, which its `end` reports. */
  begin(start: OperationStart): OperationRecord;
  /** `url` is null for an embedder's function. `operationRecord` belongs to the operation that caused the call. */
  call(
    endpoint: UpstreamEndpoint,
    request: { readonly method: string; readonly url: URL | null },
    operationRecord: OperationRecord | undefined,
  ): ObservedCall;
}

export interface ObservedCall {
  /** The headers to send. */
  readonly traceHeaders: TraceHeaders;
  /** Call it once per attempt. */
  attempt(): void;
  readonly answered: (status: number) => void;
  /** The deviations found in the response. */
  deviated(deviations: readonly CountedDeviation[]): void;
  /** `outcome` is `ok`, `ABANDONED` or an error code. */
  end(outcome: string): void;
}

export interface ObserverOptions {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly client: ClientFacts;
  readonly version: string;
  readonly onOperation?: OnOperation | undefined;
}

export function createObserver({ metrics, logger, client, version, onOperation }: ObserverOptions): Observer {
  const log = createOperationLog(logger, client);
  const spans = createSpans(version, client);
  const reportDeviations = createDeviationReports(metrics, logger, () => performance.now());

  /** Errors of the hook are logged, and don't reach clients. */
  const notify = (hook: OnOperation, operation: ObservedOperation) => {
    Promise.try(hook, operation).catch((err: unknown) => {
      logger.error({ err, requestId: operation.requestId }, 'onOperation failed');
    });
  };

  const reports: Reports = {
    subscribers(transport, change) {
      metrics.subscribers(transport, change);
    },
    wrote(...write) {
      log.wrote(...write);
    },
    ended(record, operation) {
      metrics.operation(operation, record.clientInfo);
      log.executed(operation, record);
      if (onOperation) notify(onOperation, operation);
      spans.endOperation(record, operation);
    },
  };

  return {
    responseCacheHit(hit) {
      metrics.responseCacheHit(hit.clientInfo);
      log.responseCacheHit(hit);
      if (onOperation) notify(onOperation, observedCacheHit(hit));
    },

    begin: (start) => new OperationRecord(start, spans.operation(start.http), reports),

    call(endpoint, { method, url }, operationRecord) {
      const startedAt = performance.now();
      const span = operationRecord && spans.call(operationRecord.span, endpoint, method, url);
      if (operationRecord) operationRecord.upstreamCalls += 1;
      let attempts = 0;
      let status: number | null = null;
      return {
        traceHeaders: (span && traceHeadersOf(span)) ?? operationRecord?.traceContext ?? {},
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
          if (span) spans.endCall(span, outcome, attempts, status);
        },
      };
    },
  };
}
