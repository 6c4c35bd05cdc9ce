/** `Run.fetchId`: a run's whole key in one string, for Relay's `@fetchable`. */
import { z } from 'zod';
import type { RunRef } from '../upstream/api.ts';
import { decodeOpaque, encodeOpaque } from './opaque-text.ts';

/** Longer than the JSON of any two ids of up to 512 bytes. */
const MAX_LENGTH = 4096;
const KEY = z.tuple([z.string(), z.string()]);

export const fetchIdOf = ({ workflowId, runId }: RunRef): string => encodeOpaque([workflowId, runId]);

/** Throws BAD_USER_INPUT. */
export function readFetchId(fetchId: string): RunRef {
  const [workflowId, runId] = decodeOpaque(
    fetchId,
    KEY,
    MAX_LENGTH,
    'fetchId must be the `fetchId` of a run, got another string. Select it, or use `run(workflowId, id)`.',
  );
  return { workflowId, runId };
}
