/** Decides whether a failed write may have taken effect. */
import type { ErrorCode } from '../observability/outcome.ts';
import { GatewayError, type ErrorDetails } from './errors.ts';
import type { Write } from './writes.ts';

/**
 * A 4xx means that the request was rejected, except 408 (a proxy gave up), and 409 for a start (the run may already
 * exist).
 */
const wasRejected = (status = 0): boolean => status >= 400 && status < 500 && status !== 408 && status !== 409;

/** Returns the error of a failed write. It may have taken effect, unless the request wasn't sent or was rejected. */
export function withOutcome(error: unknown, endpoint: Write['endpoint']): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  const isRejection = wasRejected(details.upstreamStatus) || code === 'BAD_USER_INPUT' || code === 'CONFLICT';
  if (details.wasNotSent || isRejection) return error;
  return unknownOutcome(code, message, endpoint, details);
}

const WHAT_MAY_BE: Readonly<Record<Write['endpoint'], string>> = {
  execute: "The run may have started: look at the workflow's runs before you try again.",
  cancel: 'The run may have been cancelled: look at it before you try again.',
  resume: 'The step may have received the answer: look at it before you try again.',
};

export const unknownOutcome = (
  code: ErrorCode,
  message: string,
  endpoint: Write['endpoint'],
  details: ErrorDetails = {},
): GatewayError =>
  new GatewayError(code, `${message} ${WHAT_MAY_BE[endpoint]}`, { ...details, outcomeIsUnknown: true });

/** Whether nothing has certainly changed. False for any error but a GatewayError. */
export const changedNothing = (error: unknown): boolean =>
  error instanceof GatewayError && error.details.outcomeIsUnknown !== true;
