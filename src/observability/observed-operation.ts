/** What an `onOperation` observer is told of an operation: the fields of its log line, and no variable, payload or key. */
import type { Logger } from './logger.ts';
import { cacheOutcomeOf, type CacheOutcome, type OperationRecord, type OperationType } from './operation-record.ts';
import type { Transport } from './operation-record.ts';
import type { Outcome } from './outcome.ts';

export interface ObservedOperation {
  readonly requestId: string;
  readonly transport: Transport;
  /** Tells one caller from another, and is worthless outside this process. Null without a credential. */
  readonly viewerId: string | null;
  /** Null for an anonymous operation, one that is not valid, and an answer from the response cache. */
  readonly name: string | null;
  readonly type: OperationType;
  /** SHA-256 of the text; null where `name` is null for one of the last two reasons. */
  readonly queryHash: string | null;
  /** Null for an answer from the response cache. */
  readonly durationMs: number | null;
  readonly outcome: Outcome;
  /** `ready`: the whole answer came from the response cache. */
  readonly cache: CacheOutcome;
  readonly upstreamCalls: number;
  /** Distinct codes. */
  readonly errorCodes: readonly string[];
  /** Events sent; null if it is no subscription. */
  readonly events: number | null;
}

export type OnOperation = (operation: ObservedOperation) => unknown;

export interface OperationObserver {
  executed(operationRecord: OperationRecord, outcome: Outcome, durationMs: number): void;
  responseCacheHit(requestId: string, viewerId: string): void;
}

/** What the hook throws or rejects with is logged, and reaches no client. */
export function createOperationObserver(onOperation: OnOperation, logger: Logger): OperationObserver {
  const notify = (operation: ObservedOperation) => {
    Promise.try(onOperation, operation).catch((err: unknown) => {
      logger.error({ err, requestId: operation.requestId }, 'onOperation failed');
    });
  };

  return {
    executed(operationRecord, outcome, durationMs) {
      const { requestId, transport, viewerId, name, type, queryHash, upstreamCalls, errorCodes } = operationRecord;
      const cache = cacheOutcomeOf(operationRecord);
      const events = operationRecord.isSubscribed ? operationRecord.events : null;
      notify({
        ...{ requestId, transport, viewerId, name, type, queryHash, durationMs, outcome, cache },
        ...{ upstreamCalls, errorCodes, events },
      });
    },
    responseCacheHit(requestId, viewerId) {
      notify({
        ...{ requestId, transport: 'http', viewerId, name: null, type: 'unknown', queryHash: null, durationMs: null },
        ...{ outcome: 'ok', cache: 'ready', upstreamCalls: 0, errorCodes: [], events: null },
      });
    },
  };
}
