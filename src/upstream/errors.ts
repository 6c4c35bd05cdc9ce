/** Errors that clients may see, each with a code. Any other error is a defect, and is masked. */
import type { ErrorCode } from '../observability/outcome.ts';

/** Codes for which the same request may succeed later. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RATE_LIMITED',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'IDENTITY_UNAVAILABLE',
  'IDEMPOTENCY_UNAVAILABLE',
]);

export interface ErrorDetails {
  readonly upstreamStatus?: number;
  readonly retryAfterSeconds?: number;
  /** What the upstream reports as wrong with the answer to a waiting step. */
  readonly fields?: readonly FieldProblem[];
  /** Id of the workflow missing from a returned list. */
  readonly workflowId?: string;
  /** Whether no byte of the request has left the gateway. */
  readonly wasNotSent?: true;
  /** Whether the request may have taken effect despite the error. */
  readonly outcomeIsUnknown?: true;
  /** Set to false if the code is retryable, but this error persists until a setting is changed. */
  readonly retryable?: false;
}

export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The message is shown to clients. It contains no key, and nothing from an upstream's response except `fields`. */
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

/** Valid JSON that doesn't match the contract. Clients see no difference; `stepgate check` does. */
export class OtherFormError extends GatewayError {
  constructor(message: string) {
    super('UPSTREAM_CONTRACT_VIOLATION', message);
  }
}

/** No client is waiting for the response, so this error is never shown. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
  constructor() {
    super('call abandoned: no client is waiting for it');
  }
}

/** Whether the error is a 401: the key is rejected for all requests. */
export const isUnauthenticated = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && error.code === 'UNAUTHENTICATED';

/** Whether the error is a 403: the key may not access this resource. */
export const isForbidden = (error: unknown): boolean => error instanceof GatewayError && error.code === 'FORBIDDEN';

export const isAccessDenied = (error: unknown): boolean => isUnauthenticated(error) || isForbidden(error);

export const isNotFound = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && error.code === 'NOT_FOUND';

/**
 * Whether the failure says nothing about the data or the right to it, so stale responses are served (stale-if-error).
 */
export const isOutage = (error: unknown): error is GatewayError => error instanceof GatewayError && error.isRetryable;

/** Whether the failure is an outage or an unreadable response. Subscriptions continue. */
export const isUpstreamFault = (error: unknown): error is GatewayError =>
  isOutage(error) || (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION');
