/** The record of a start with an idempotency key, shared by gateways. Encrypted: readers of Valkey must not see it. */
import { z } from 'zod';
import type { StartedRun } from '../../upstream/contract.ts';
import { ERROR_CODES } from '../../observability/outcome.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { startedNothing, unknownOutcome } from '../../upstream/unknown-outcome.ts';

const start = { fingerprint: z.string() };
const RECORD = z.discriminatedUnion('state', [
  z.object({ ...start, state: z.literal('underWay') }),
  z.object({ ...start, state: z.literal('started'), runId: z.string(), message: z.string().nullable() }),
  z.object({
    ...start,
    state: z.literal('unknown'),
    code: z.enum(ERROR_CODES),
    message: z.string(),
    upstreamStatus: z.number().optional(),
    retryAfterSeconds: z.number().optional(),
  }),
]);

export type StartRecord = z.infer<typeof RECORD>;
type UnknownOutcome = Extract<StartRecord, { state: 'unknown' }>;

/** For a larger record other gateways answer that the outcome is unknown. */
export const MAX_RECORD_BYTES = 64 * 2 ** 10;

export function writeRecord(record: StartRecord): Buffer {
  const written = Buffer.from(JSON.stringify(record));
  return written.length <= MAX_RECORD_BYTES ? written : writeRecord(unknown(record.fingerprint, notReported()));
}

/** Null for another form, written by a gateway of another version. */
export function readRecord(written: Buffer): StartRecord | null {
  try {
    return RECORD.safeParse(JSON.parse(written.toString())).data ?? null;
  } catch {
    return null;
  }
}

/** Null: nothing was started. */
export function recordOf(outcome: PromiseSettledResult<StartedRun>, fingerprint: string): StartRecord | null {
  if (outcome.status === 'fulfilled') {
    const { runId, message } = outcome.value;
    return { fingerprint, state: 'started', runId, message };
  }
  const error: unknown = outcome.reason;
  if (startedNothing(error)) return null;
  return unknown(fingerprint, error instanceof GatewayError ? error : notReported());
}

export const errorOf = ({ code, message, upstreamStatus, retryAfterSeconds }: UnknownOutcome): GatewayError =>
  new GatewayError(code, message, {
    ...(upstreamStatus !== undefined && { upstreamStatus }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    outcomeIsUnknown: true,
  });

/** The sending gateway does not report the outcome: it may be gone. */
export const notReported = (): GatewayError =>
  unknownOutcome('UPSTREAM_TIMEOUT', 'another gateway sent this start, and has not reported its outcome');

const unknown = (
  fingerprint: string,
  { code, message, details: { upstreamStatus, retryAfterSeconds } }: GatewayError,
): UnknownOutcome => ({ fingerprint, state: 'unknown', code, message, upstreamStatus, retryAfterSeconds });
