/** Ids are the upstream's, so they may be almost any string. Each is percent-encoded into one path segment. */
import { GatewayError } from './errors.ts';

export interface RunRef {
  readonly workflowId: string;
  readonly runId: string;
}

export interface StepRef extends RunRef {
  readonly stepId: string;
}

const MAX_ID_BYTES = 512;

// Most ids are short and plain, and need no further check.
const PLAIN = /^[\w~-]{1,128}$/;
const CONTROL = /\p{Cc}/u;
// URL parsers resolve "." and "..", even if percent-encoded. A proxy that decodes slashes also finds them between
// slashes.
const RELATIVE = /(?:^|[/\\])(\.\.?)(?:[/\\]|$)/;

/** Returns the problem of an id from a client or the upstream, or null if it is valid. */
export function problemOf(id: string): string | null {
  if (PLAIN.test(id)) return null;
  if (id === '') return 'an empty string';
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES) return `${bytes} bytes`;
  if (CONTROL.test(id)) return 'a control character';
  const segment = RELATIVE.exec(id)?.[1];
  if (segment !== undefined) return `the segment "${segment}"`;
  return id.isWellFormed() ? null : 'an incomplete surrogate pair';
}

/** Returns a copy of the id, or throws BAD_USER_INPUT. `what` names the id in the message, such as `run id`. */
export function checkId(what: string, id: string): string {
  const problem = problemOf(id);
  if (problem === null) return ownText(id);
  throw new GatewayError(
    'BAD_USER_INPUT',
    `${what} must be a string of 1 to ${MAX_ID_BYTES} bytes without control characters and segments "." or "..", got ${problem}.`,
  );
}

export const checkRef = ({ workflowId, runId }: RunRef): RunRef => ({
  workflowId: checkId('workflow id', workflowId),
  runId: checkId('run id', runId),
});

/**
 * Returns a copy, because V8 stores an id from a query as a slice, which would keep the whole query string in memory.
 */
const ownText = (text: string): string => Buffer.from(text).toString();

/** Returns the id as one path segment. Throws like `checkId`. */
export const pathSegment = (what: string, id: string): string => encodeURIComponent(checkId(what, id));

/** Returns a unique key for the run: ids never contain a line break. */
export const refKey = ({ workflowId, runId }: RunRef): string => `${workflowId}\n${runId}`;
