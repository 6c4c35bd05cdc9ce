/** The outcome of an operation, and error codes as metric labels. */
export const OPERATION_OUTCOMES = ['ok', 'client_error', 'upstream_error', 'internal_error', 'abandoned'] as const;
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number];

export const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** The codes of a GatewayError. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'RATE_LIMITED',
  'ANSWER_TOO_LARGE',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_CONTRACT_VIOLATION',
  'UPSTREAM_BUDGET_EXCEEDED',
  'UPSTREAM_ENDPOINT_DISABLED',
  'IDENTITY_UNAVAILABLE',
  'IDEMPOTENCY_UNAVAILABLE',
  'NUMBER_OUT_OF_RANGE',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Failures of a dependency: the upstream, a token issuer, or Valkey. */
const DEPENDENCY_FAILURES: ReadonlySet<string> = new Set<ErrorCode>([
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_CONTRACT_VIOLATION',
  'IDENTITY_UNAVAILABLE',
  'IDEMPOTENCY_UNAVAILABLE',
]);

/** The documented codes. A test compares both. */
const KNOWN_CODES: ReadonlySet<string> = new Set([
  ...ERROR_CODES,
  INTERNAL,
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'OPERATION_NOT_ALLOWED',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
]);

/** Any other code becomes `OTHER`, so the number of series is bounded. */
export const codeLabel = (code: string): string => (KNOWN_CODES.has(code) ? code : 'OTHER');

/** Whether the code indicates a failure of the gateway or its dependencies. All other codes are client errors. */
export const isServerError = (code: string): boolean => code === INTERNAL || DEPENDENCY_FAILURES.has(code);

export function outcomeOf(errorCodes: readonly string[], isAbandoned: boolean): OperationOutcome {
  if (isAbandoned) return 'abandoned';
  if (errorCodes.includes(INTERNAL)) return 'internal_error';
  if (errorCodes.some((code) => DEPENDENCY_FAILURES.has(code))) return 'upstream_error';
  return errorCodes.length > 0 ? 'client_error' : 'ok';
}
