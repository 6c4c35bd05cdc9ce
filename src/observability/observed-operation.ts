/** The report on an operation for its log line and for `onOperation`, without any variable, payload or key. */
import {
  cacheOutcomeOf,
  type CacheOutcome,
  type ClientInfo,
  type OperationRecord,
  type Transport,
} from './operation-record.ts';
import type { OperationOutcome } from './outcome.ts';

export interface ObservedOperation {
  readonly requestId: string;
  readonly transport: Transport;
  /** Distinguishes callers, and is useless outside this process. Null without a credential. */
  readonly viewerId: string | null;
  /** As the client calls itself; null if it sends no name. */
  readonly clientName: string | null;
  readonly clientVersion: string | null;
  /** Null for an anonymous operation, an invalid one, and an answer from the response cache. */
  readonly name: string | null;
  /** `unknown` for an invalid operation and for an answer from the response cache. */
  readonly type: OperationRecord['type'];
  /** SHA-256 of the text; null for an invalid operation and for an answer from the response cache. */
  readonly queryHash: string | null;
  /** Null for an answer from the response cache. */
  readonly durationMs: number | null;
  readonly outcome: OperationOutcome;
  /** `response`: the whole answer came from the response cache. */
  readonly cache: CacheOutcome;
  readonly upstreamCalls: number;
  /** Distinct codes. */
  readonly errorCodes: readonly string[];
  /** Events sent; null if the operation is not a subscription. */
  readonly events: number | null;
}

export type OnOperation = (operation: ObservedOperation) => unknown;

export function observedOperation(
  operationRecord: OperationRecord,
  outcome: OperationOutcome,
  durationMs: number,
): ObservedOperation {
  const { requestId, transport, viewerId, name, type, queryHash, upstreamCalls, errorCodes } = operationRecord;
  const cache = cacheOutcomeOf(operationRecord);
  const events = operationRecord.isSubscribed ? operationRecord.events : null;
  return {
    ...{ requestId, transport, viewerId, name, type, queryHash, outcome, cache, upstreamCalls, errorCodes, events },
    ...clientOf(operationRecord.clientInfo),
    durationMs: Math.round(durationMs * 1000) / 1000,
  };
}

export const observedCacheHit = (
  requestId: string,
  viewerId: string,
  clientInfo: ClientInfo | null,
): ObservedOperation => ({
  ...clientOf(clientInfo),
  ...{ requestId, transport: 'http', viewerId, name: null, type: 'unknown', queryHash: null, durationMs: null },
  ...{ outcome: 'ok', cache: 'response', upstreamCalls: 0, errorCodes: [], events: null },
});

const clientOf = (clientInfo: ClientInfo | null) => ({
  clientName: clientInfo?.name ?? null,
  clientVersion: clientInfo?.version ?? null,
});
