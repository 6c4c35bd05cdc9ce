/** What is known of a run whose start failed. */
import { GatewayError, type ErrorCode, type ErrorDetails } from './errors.ts';

/** Statuses with which the upstream rejects a request before it starts a run. */
const REJECTIONS: ReadonlySet<number> = new Set([400, 401, 403, 404, 429]);

/** The error of a failed execution. Unless the request was not sent, or was rejected, the run may have started. */
export function withOutcome(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  const wasRejected = REJECTIONS.has(details.upstreamStatus ?? 0);
  if (details.wasNotSent || wasRejected || code === 'BAD_USER_INPUT') return error;
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
