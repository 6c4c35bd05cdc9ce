/** What gateways tell one another of a start with a key: sealed, since whoever reads Valkey must not know what was started. */
import { z } from 'zod';
import type { StartedRun } from '../../upstream/contract.ts';
import { ERROR_CODES, GatewayError } from '../../upstream/errors.ts';
import { startedNothing, unknownOutcome } from '../../upstream/unknown-outcome.ts';

const start = {
  fingerprint: z.string(),
  /** When it was claimed, or answered. Valkey's time, in milliseconds since 1970. */
  at: z.int().nonnegative(),
};
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
type Start = Pick<StartRecord, 'fingerprint' | 'at'>;

/** Where more would be said, other gateways answer that the outcome is not known. */
export const MAX_RECORD_BYTES = 64 * 2 ** 10;

export function writeRecord(record: StartRecord): Buffer {
  const written = Buffer.from(JSON.stringify(record));
  return written.length <= MAX_RECORD_BYTES ? written : writeRecord(unknown(record, notTold()));
}

/** Null for what a gateway of another version has written in another form. */
export function readRecord(written: Buffer): StartRecord | null {
  try {
    return RECORD.safeParse(JSON.parse(written.toString())).data ?? null;
  } catch {
    return null;
  }
}

/** Null: nothing was started. */
export function recordOf(outcome: PromiseSettledResult<StartedRun>, answered: Start): StartRecord | null {
  if (outcome.status === 'fulfilled') {
    const { runId, message } = outcome.value;
    return { ...answered, state: 'started', runId, message };
  }
  const error: unknown = outcome.reason;
  if (startedNothing(error)) return null;
  return unknown(answered, error instanceof GatewayError ? error : notTold());
}

export const errorOf = ({ code, message, upstreamStatus, retryAfterSeconds }: UnknownOutcome): GatewayError =>
  new GatewayError(code, message, {
    ...(upstreamStatus !== undefined && { upstreamStatus }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    outcomeIsUnknown: true,
  });

/** The gateway that has sent it does not say what came of it: maybe it is gone. */
export const notTold = (): GatewayError =>
  unknownOutcome('UPSTREAM_TIMEOUT', 'another gateway has sent this start, and has not told what came of it');

const unknown = (
  { fingerprint, at }: Start,
  { code, message, details: { upstreamStatus, retryAfterSeconds } }: GatewayError,
): UnknownOutcome => ({ fingerprint, at, state: 'unknown', code, message, upstreamStatus, retryAfterSeconds });
