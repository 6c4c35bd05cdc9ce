/** What is known of a run whose start failed. */
import { GatewayError, type ErrorCode, type ErrorDetails } from './errors.ts';

/** A 4xx says that the request was rejected; but not that of a proxy which lost patience, nor that such a run is there already. */
const wasRejected = (status = 0): boolean => status >= 400 && status < 500 && status !== 408 && status !== 409;

/** The error of a failed execution. Unless the request was not sent, or was rejected, the run may have started. */
export function withOutcome(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  if (details.wasNotSent || wasRejected(details.upstreamStatus) || code === 'BAD_USER_INPUT') return error;
  return unknownOutcome(code, message, details);
}

export const unknownOutcome = (code: ErrorCode, message: string, details: ErrorDetails = {}): GatewayError =>
  new GatewayError(
    code,
    `${message}. Whether the run has started is not known: look at the workflow's runs before you try again`,
    { ...details, outcomeIsUnknown: true },
  );

/** True if it is certain that no run has started; false for whatever did not come through `withOutcome`. */
export const startedNothing = (error: unknown): boolean =>
  error instanceof GatewayError && error.details.outcomeIsUnknown !== true;
