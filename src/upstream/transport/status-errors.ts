/** Errors of responses with a status other than 2xx. */
import type { ErrorCode } from '../../observability/outcome.ts';
import { GatewayError, type FieldProblem } from '../errors.ts';

/** Whether the status is a 2xx with content. An action needs no content: HTTP 204 is enough. */
export const isAnswer = (status: number, isAction: boolean): boolean =>
  status >= 200 && status < 300 && (status !== 204 || isAction);

interface StatusErrorOptions {
  readonly retryAfterSeconds: number | null;
  /** Whether a run or step was to be changed. */
  readonly isAction: boolean;
  readonly fields?: readonly FieldProblem[];
}

export function statusError(status: number, options: StatusErrorOptions): GatewayError {
  const { retryAfterSeconds, isAction, fields = [] } = options;
  if (status === 204) return new GatewayError('UPSTREAM_CONTRACT_VIOLATION', NO_CONTENT, { upstreamStatus: status });
  const [code, message] =
    (isAction ? ACTION_ERRORS[status] : undefined) ?? STATUS_ERRORS[status] ?? otherStatus(status);
  return new GatewayError(code, message, {
    upstreamStatus: status,
    ...(retryAfterSeconds !== null && { retryAfterSeconds }),
    ...(fields.length > 0 && { fields }),
    // A retry doesn't help while the proxy's credentials are missing.
    ...(status === 407 && { retryable: false }),
  });
}

const NO_CONTENT = "The upstream's response must be JSON, got no content (HTTP 204).";

const STATUS_ERRORS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['BAD_USER_INPUT', 'The upstream rejected the input.'],
  401: ['UNAUTHENTICATED', 'The upstream does not accept this key.'],
  403: ['FORBIDDEN', 'The upstream does not allow this key to access the resource.'],
  404: ['NOT_FOUND', 'Not found upstream.'],
  407: ['UPSTREAM_UNAVAILABLE', 'The proxy requires credentials (HTTP 407). Add them to the URL in HTTP_PROXY.'],
  408: ['UPSTREAM_TIMEOUT', 'The upstream timed out waiting for the request (HTTP 408).'],
  413: ['BAD_USER_INPUT', 'The upstream rejected the input as too large (HTTP 413).'],
  422: ['BAD_USER_INPUT', 'The upstream rejected the input (HTTP 422).'],
  429: ['RATE_LIMITED', "The upstream's rate limit was exceeded (HTTP 429). Try again later."],
};

const ACTION_ERRORS: typeof STATUS_ERRORS = {
  409: ['CONFLICT', 'The current state of the run or step does not allow this (HTTP 409).'],
  422: ['BAD_USER_INPUT', 'The upstream rejected the answer (HTTP 422).'],
};

function otherStatus(status: number): readonly [ErrorCode, string] {
  if (status >= 500) return ['UPSTREAM_UNAVAILABLE', `The upstream failed (HTTP ${status}).`];
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const hint = isRedirect ? ' Redirects are not followed: set UPSTREAM_URL to the target.' : '';
  return [
    'UPSTREAM_CONTRACT_VIOLATION',
    `The upstream must respond with a status in its contract, got HTTP ${status}.${hint}`,
  ];
}

/** Reads seconds or an HTTP date. Returns null for any other value. */
export function parseRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  // `Date.parse` would read a number such as 1.5 as a date.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
