/** One log line per operation. Its fields are listed here, so no key, variable or payload can get in. */
import type { Logger } from './logger.ts';
import {
  observedCacheHit,
  type AuditedWrite,
  type ClientFacts,
  type HttpSource,
  type ObservedOperation,
  type OperationRecord,
  type OperationStart,
} from './operation-record.ts';
import type { OperationOutcome } from './outcome.ts';
import { traceContextOf } from './spans.ts';

const MESSAGE = 'operation';
const LEVELS = {
  ok: 'info',
  abandoned: 'info',
  client_error: 'warn',
  upstream_error: 'warn',
  internal_error: 'error',
} as const satisfies Record<OperationOutcome, string>;

/** Enough to distinguish viewers. */
const VIEWER_LENGTH = 12;
/** Clients choose the names of operations, and issuers those of callers. */
const MAX_NAME_LENGTH = 100;
/** Ids in an audit haven't been validated yet. */
const MAX_ID_LENGTH = 512;

const whoIs = ({ viewerId, callerName }: Pick<OperationStart, 'viewerId' | 'callerName'>) => ({
  viewer: viewerId?.slice(0, VIEWER_LENGTH) ?? null,
  caller:
    (callerName === viewerId ? callerName?.slice(0, VIEWER_LENGTH) : callerName?.slice(0, MAX_NAME_LENGTH)) ?? null,
});

export function createOperationLog(root: Logger, { addressOf }: Pick<ClientFacts, 'addressOf'>) {
  // Redaction looks at every field and triples the cost of a line, and none of these fields needs it.
  const logger = root.child({}, { redact: [] });
  const fieldsOf = (operation: ObservedOperation, http?: HttpSource) => {
    const { requestId, transport, viewerId, callerName, clientName, clientVersion, outcome, cache } = operation;
    return {
      requestId,
      transport,
      'client.address': http && addressOf(http.request),
      ...whoIs({ viewerId, callerName }),
      // Undefined fields are omitted.
      clientName: clientName ?? undefined,
      clientVersion: clientVersion ?? undefined,
      outcome,
      cache,
    };
  };

  return {
    executed(operation: ObservedOperation, { http, span }: Pick<OperationRecord, 'http' | 'span'>) {
      const level = LEVELS[operation.outcome];
      if (!logger.isLevelEnabled(level)) return;
      const { name, type, queryHash, durationMs, upstreamCalls, errorCodes, events } = operation;
      const traceContext = traceContextOf(span);
      logger[level](
        {
          ...fieldsOf(operation, http),
          'graphql.operation.name': name?.slice(0, MAX_NAME_LENGTH) ?? null,
          'graphql.operation.type': type,
          queryHash,
          durationMs,
          upstreamCalls,
          errorCodes: errorCodes.length > 0 ? errorCodes : undefined,
          events: events ?? undefined,
          trace_id: traceContext?.traceId,
          span_id: traceContext?.spanId,
        },
        MESSAGE,
      );
    },
    /** Who has changed what, for audits. */
    wrote(record: OperationRecord, { action, outcome, errorCode, ids }: AuditedWrite) {
      if (!logger.isLevelEnabled('info')) return;
      const traceContext = traceContextOf(record.span);
      const { requestId, http } = record;
      logger.info(
        {
          requestId,
          'client.address': http && addressOf(http.request),
          ...whoIs(record),
          'event.action': action,
          'event.outcome': outcome,
          errorCode,
          ...Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, id?.slice(0, MAX_ID_LENGTH)])),
          trace_id: traceContext?.traceId,
          span_id: traceContext?.spanId,
        },
        'mutation',
      );
    },
    /** Logged only at `debug`: there may be tens of thousands a second. */
    responseCacheHit(hit: OperationStart) {
      if (!logger.isLevelEnabled('debug')) return;
      logger.debug(fieldsOf(observedCacheHit(hit), hit.http), MESSAGE);
    },
  };
}
