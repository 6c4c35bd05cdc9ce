/** What an operation came to, in one of five words, and its errors' codes in a fixed set of labels. */
import type { OperationRecord } from './operation-record.ts';

export const OUTCOMES = ['ok', 'client_error', 'upstream_error', 'internal_error', 'abandoned'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const INTERNAL = 'INTERNAL_SERVER_ERROR';

const OF_THE_UPSTREAM: ReadonlySet<string> = new Set([
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_CONTRACT_VIOLATION',
]);

const KNOWN_CODES: ReadonlySet<string> = new Set([
  ...OF_THE_UPSTREAM,
  INTERNAL,
  'UPSTREAM_BUDGET_EXCEEDED',
  'UPSTREAM_ENDPOINT_DISABLED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'RATE_LIMITED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'OPERATION_NOT_ALLOWED',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
]);

/** As a label, so that a code which is new can't add one. */
export const codeLabel = (code: string): string => (KNOWN_CODES.has(code) ? code : 'OTHER');

export function outcomeOf({ errorCodes, isAbandoned }: OperationRecord): Outcome {
  if (isAbandoned) return 'abandoned';
  if (errorCodes.includes(INTERNAL)) return 'internal_error';
  if (errorCodes.some((code) => OF_THE_UPSTREAM.has(code))) return 'upstream_error';
  return errorCodes.length > 0 ? 'client_error' : 'ok';
}
