/** The sealed part of a shared response: a line of facts, and the upstream's bytes as received. */
import { z } from 'zod';

const duration = z.int().nonnegative();
const HEAD = z.object({
  /** Milliseconds from the lease of the call until the response expires. */
  lifeMs: duration,
  /** Milliseconds from the lease to the response. */
  tookMs: duration,
  isFinal: z.boolean(),
  isMissing: z.boolean(),
});

export type AnswerFacts = Omit<z.infer<typeof HEAD>, 'isMissing'>;

/** `body` is null for a 404. */
export function writeAnswer(facts: AnswerFacts, body: Buffer | null): Buffer {
  const line = JSON.stringify({ ...facts, isMissing: body === null });
  return Buffer.concat([Buffer.from(`${line}\n`), ...(body ? [body] : [])]);
}

/** Returns null for another format, written by another version. */
export function readAnswer(written: Buffer): { readonly facts: AnswerFacts; readonly body: Buffer | null } | null {
  const end = written.indexOf('\n');
  try {
    const { isMissing, ...facts } = HEAD.parse(JSON.parse(written.toString('utf8', 0, Math.max(0, end))));
    return { facts, body: isMissing ? null : written.subarray(end + 1) };
  } catch {
    return null;
  }
}
