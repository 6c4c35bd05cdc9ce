/** Ids are the upstream's, so they may be almost any text. They are percent-encoded into paths. */
import type { RunRef } from './api.ts';
import { GatewayError } from './errors.ts';
import { MAX_ID_BYTES, problemOf } from './id-problem.ts';

/** Returns a copy of the id, or throws BAD_USER_INPUT. `what` names the id in the message, as in `run id`. */
export function checkId(what: string, id: string): string {
  const problem = problemOf(id);
  if (problem === null) return ownText(id);
  throw new GatewayError(
    'BAD_USER_INPUT',
    `${what} must be 1 to ${MAX_ID_BYTES} bytes of text without control characters and segments "." or "..", got ${problem}.`,
  );
}

export const checkRef = ({ workflowId, runId }: RunRef): RunRef => ({
  workflowId: checkId('workflow id', workflowId),
  runId: checkId('run id', runId),
});

/** Returns a copy. V8 stores an id from a query as a slice, which would keep the whole query text in memory. */
const ownText = (text: string): string => Buffer.from(text).toString();

/** Returns the id as one segment of a path. Throws like `checkId`. */
export const pathSegment = (what: string, id: string): string => encodeURIComponent(checkId(what, id));

/** Returns a unique key of the run: no id contains a line break. */
export const refKey = ({ workflowId, runId }: RunRef): string => `${workflowId}\n${runId}`;
