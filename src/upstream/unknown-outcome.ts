/** Decides whether a failed start may have started a run. */
import type { ErrorCode } from '../observability/outcome.ts';
import { GatewayError, type ErrorDetails } from './errors.ts';

/** A 4xx means that the request was rejected. Exceptions: 408 (a proxy gave up) and 409 (the run may exist already). */
const wasRejected = (status = 0): boolean => status >= 400 && status < 500 && status !== 408 && status !== 409;

/** Returns the error of a failed start. The run may have started, unless the request was not sent or was rejected. */
export function withOutcome(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  if (details.wasNotSent || wasRejected(details.upstreamStatus) || code === 'BAD_USER_INPUT') return error;
  return unknownOutcome(code, message, details);
}

export const unknownOutcome = (code: ErrorCode, message: string, details: ErrorDetails = {}): GatewayError =>
  new GatewayError(code, `${message} The run may have started: look at the workflow's runs before you try again.`, {
    ...details,
    outcomeIsUnknown: true,
  });

/** True if it is certain that no run has started. False for any error but a GatewayError. */
export const startedNothing = (error: unknown): boolean =>
  error instanceof GatewayError && error.details.outcomeIsUnknown !== true;
