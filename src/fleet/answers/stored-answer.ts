/** A shared upstream answer: a line with its times and epoch, and its bytes as received. */
import { z } from 'zod';
import type { StoredAnswer } from '../../runs/ports.ts';

/** Its times are of Valkey's clock while it is stored. */
export interface EpochAnswer extends StoredAnswer {
  /** The token of the viewer's epoch. */
  readonly epoch: string;
}

const time = z.int().nonnegative();
const HEAD = z.object({
  epoch: z.string(),
  sentAt: time,
  fetchedAt: time,
  uncertaintyMs: time,
  isFinal: z.boolean(),
  isMissing: z.boolean(),
});

export function writeAnswer(head: Omit<EpochAnswer, 'bytes'>, body: Buffer | null): Buffer {
  const line = JSON.stringify({ ...head, isMissing: body === null });
  return Buffer.concat([Buffer.from(`${line}\n`), ...(body ? [body] : [])]);
}

/** Null for another form, written by a gateway of another version. */
export function readAnswer(written: Buffer): EpochAnswer | null {
  const end = written.indexOf('\n');
  const parsed = HEAD.safeParse(parse(written.toString('utf8', 0, Math.max(0, end))));
  if (!parsed.success) return null;
  const { isMissing, ...head } = parsed.data;
  return { ...head, bytes: isMissing ? null : written.subarray(end + 1) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
