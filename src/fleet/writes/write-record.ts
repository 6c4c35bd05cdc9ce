/**
 * Record of a write with an idempotency key, shared by gateways. Encrypted, because readers of Valkey must not see it.
 */
import { z } from 'zod';
import type { Write, Written } from '../../upstream/client.ts';
import { ERROR_CODES } from '../../observability/outcome.ts';
import type { KeyedWrite } from '../../runs/ports.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { changedNothing, unknownOutcome } from '../../upstream/unknown-outcome.ts';

const write = { fingerprint: z.string() };
const RECORD = z.discriminatedUnion('state', [
  z.object({ ...write, state: z.literal('underWay') }),
  z.object({ ...write, state: z.literal('started'), runId: z.string(), message: z.string().nullable() }),
  z.object({
    ...write,
    state: z.literal('unknown'),
    code: z.enum(ERROR_CODES),
    message: z.string(),
    upstreamStatus: z.number().optional(),
    retryAfterSeconds: z.number().optional(),
  }),
]);

export type WriteRecord = z.infer<typeof RECORD>;
type UnknownOutcome = Extract<WriteRecord, { state: 'unknown' }>;

/** Other gateways report an unknown outcome for a larger record. */
export const MAX_RECORD_BYTES = 64 * 2 ** 10;

export function writeRecord(record: WriteRecord, endpoint: Write['endpoint']): Buffer {
  const written = Buffer.from(JSON.stringify(record));
  if (written.length <= MAX_RECORD_BYTES) return written;
  return writeRecord(unknown(record.fingerprint, notReported(endpoint)), endpoint);
}

/** Returns null for another format, written by another version. */
export function readRecord(written: Buffer): WriteRecord | null {
  try {
    return RECORD.safeParse(JSON.parse(written.toString())).data ?? null;
  } catch {
    return null;
  }
}

/** Returns the record of an outcome, or null if nothing has changed. */
export function recordOf(
  outcome: PromiseSettledResult<Written>,
  { fingerprint, endpoint }: Pick<KeyedWrite, 'fingerprint' | 'endpoint'>,
): WriteRecord | null {
  if (outcome.status === 'fulfilled') {
    const { runId, message } = outcome.value;
    return { fingerprint, state: 'started', runId, message };
  }
  const error: unknown = outcome.reason;
  if (changedNothing(error)) return null;
  return unknown(fingerprint, error instanceof GatewayError ? error : notReported(endpoint));
}

export const errorOf = ({ code, message, upstreamStatus, retryAfterSeconds }: UnknownOutcome): GatewayError =>
  new GatewayError(code, message, {
    ...(upstreamStatus !== undefined && { upstreamStatus }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    outcomeIsUnknown: true,
  });

/** The sending gateway hasn't reported the outcome: it may be gone. */
export const notReported = (endpoint: Write['endpoint']): GatewayError =>
  unknownOutcome('UPSTREAM_TIMEOUT', 'Another gateway sent this, and has not reported its outcome.', endpoint);

const unknown = (
  fingerprint: string,
  { code, message, details: { upstreamStatus, retryAfterSeconds } }: GatewayError,
): UnknownOutcome => ({ fingerprint, state: 'unknown', code, message, upstreamStatus, retryAfterSeconds });
