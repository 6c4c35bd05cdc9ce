/** One line for each operation. All that can stand in it is named here, so no key, variable or payload can. */
import { createLineWriter } from './log-lines.ts';
import type { Logger } from './logger.ts';
import { cacheOutcomeOf, type OperationRecord } from './operation-record.ts';
import type { Outcome } from './outcome.ts';

export interface OperationLog {
  executed(operationRecord: OperationRecord, outcome: Outcome, durationMs: number): void;
  /** At `debug`: there are tens of thousands a second. */
  ready(requestId: string, viewerId: string): void;
}

const MESSAGE = 'operation';
const LEVELS = {
  ok: 'info',
  abandoned: 'info',
  client_error: 'warn',
  upstream_error: 'warn',
  internal_error: 'error',
} as const;

/** Enough to tell one viewer from another. */
const short = (viewerId: string | null) => viewerId?.slice(0, 12) ?? null;
/** A client may name its operation as it likes. */
const MAX_NAME_LENGTH = 100;

export function createOperationLog(logger: Logger): OperationLog {
  const write = createLineWriter(logger);
  const isDebug = logger.isLevelEnabled('debug');

  return {
    executed(operationRecord, outcome, durationMs) {
      const level = LEVELS[outcome];
      if (!logger.isLevelEnabled(level)) return;
      const { requestId, transport, viewerId, name, type, queryHash, upstreamCalls, errorCodes, span } =
        operationRecord;
      write(
        level,
        {
          requestId,
          transport,
          operationName: name === null ? null : name.slice(0, MAX_NAME_LENGTH),
          operationType: type,
          queryHash,
          viewer: short(viewerId),
          durationMs: Math.round(durationMs * 1000) / 1000,
          outcome,
          cache: cacheOutcomeOf(operationRecord),
          upstreamCalls,
          // What is undefined is left out.
          errorCodes: errorCodes.length > 0 ? errorCodes : undefined,
          events: operationRecord.isSubscribed ? operationRecord.events : undefined,
          traceId: span?.traceId,
        },
        MESSAGE,
      );
    },
    ready(requestId, viewerId) {
      if (!isDebug) return;
      write('debug', { requestId, transport: 'http', viewer: short(viewerId), outcome: 'ok', cache: 'ready' }, MESSAGE);
    },
  };
}
