/** The errors that a client may see, each with its code. Anything else that is thrown is a defect, and is masked. */

export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
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

/** Codes for which the same request may succeed a little later. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RATE_LIMITED',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'IDENTITY_UNAVAILABLE',
  'IDEMPOTENCY_UNAVAILABLE',
]);

export interface ErrorDetails {
  /** The HTTP status of the upstream's answer. */
  readonly upstreamStatus?: number;
  readonly retryAfterSeconds?: number;
  /** The workflow that is missing in a list that was answered without it. */
  readonly workflowId?: string;
  /** True if no byte of the request has left the gateway. */
  readonly wasNotSent?: true;
  /** True if the request may have taken effect all the same. */
  readonly outcomeIsUnknown?: true;
  /** False where the code mostly is, but this error stays until somebody changes a setting. */
  readonly retryable?: false;
}

/** The message is shown to the client: it contains no key, and nothing of an upstream's answer. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.code) && !this.details.outcomeIsUnknown && this.details.retryable !== false;
  }
}

/** Nobody waits for the answer any more. Never shown: there is no client to show it to. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
  constructor() {
    super('the call was abandoned: every client that waited for it is gone');
  }
}

/** True for 401: the key is refused, whatever it asks for. */
export const isUnauthenticated = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && error.code === 'UNAUTHENTICATED';

/** True for 403: the key may not have what it asked for. */
export const isForbidden = (error: unknown): boolean => error instanceof GatewayError && error.code === 'FORBIDDEN';

export const isAccessDenied = (error: unknown): boolean => isUnauthenticated(error) || isForbidden(error);

export const isNotFound = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && error.code === 'NOT_FOUND';

/** True for faults that say nothing about the data or the right to it: stale-if-error applies. */
export const isOutage = (error: unknown): error is GatewayError => error instanceof GatewayError && error.isRetryable;

/** True for an outage, and for an answer that can't be read: subscriptions go on. */
export const isUpstreamFault = (error: unknown): error is GatewayError =>
  isOutage(error) || (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION');
