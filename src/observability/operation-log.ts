/** One log line per operation. Its fields are listed here, so no key, variable or payload can get in. */
import type { ClientFacts, HttpSource } from './http-source.ts';
import type { Logger } from './logger.ts';
import { cacheOutcomeOf, type OperationRecord } from './operation-record.ts';
import type { Outcome } from './outcome.ts';

export interface OperationLog {
  executed(operationRecord: OperationRecord, outcome: Outcome, durationMs: number): void;
  /** Logged at `debug` only: there may be tens of thousands a second. */
  responseCacheHit(requestId: string, viewerId: string, http: HttpSource): void;
}

const MESSAGE = 'operation';
const LEVELS = {
  ok: 'info',
  abandoned: 'info',
  client_error: 'warn',
  upstream_error: 'warn',
  internal_error: 'error',
} as const satisfies Record<Outcome, string>;

/** Enough to tell one viewer from another. */
const short = (viewerId: string | null) => viewerId?.slice(0, 12) ?? null;
/** Clients choose the names of their operations. */
const MAX_NAME_LENGTH = 100;

export function createOperationLog(root: Logger, { addressOf }: Pick<ClientFacts, 'addressOf'>): OperationLog {
  // Redaction looks at every field and triples the cost of a line; none of these fields needs it.
  const logger = root.child({}, { redact: [] });

  return {
    executed(operationRecord, outcome, durationMs) {
      const level = LEVELS[outcome];
      if (!logger.isLevelEnabled(level)) return;
      const { requestId, transport, viewerId, http, name, type, queryHash, upstreamCalls, errorCodes, span } =
        operationRecord;
      logger[level](
        {
          requestId,
          transport,
          client: http && addressOf(http.request),
          operationName: name?.slice(0, MAX_NAME_LENGTH) ?? null,
          operationType: type,
          queryHash,
          viewer: short(viewerId),
          durationMs: Math.round(durationMs * 1000) / 1000,
          outcome,
          cache: cacheOutcomeOf(operationRecord),
          upstreamCalls,
          // Undefined fields are left out.
          errorCodes: errorCodes.length > 0 ? errorCodes : undefined,
          events: operationRecord.isSubscribed ? operationRecord.events : undefined,
          traceId: span?.traceId,
        },
        MESSAGE,
      );
    },
    responseCacheHit(requestId, viewerId, { request }) {
      if (!logger.isLevelEnabled('debug')) return;
      const line = { requestId, transport: 'http', client: addressOf(request), viewer: short(viewerId) };
      logger.debug({ ...line, outcome: 'ok', cache: 'ready' }, MESSAGE);
    },
  };
}
