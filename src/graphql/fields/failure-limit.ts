/**
 * How many fields of one operation may fail one by one. An error takes as long as hundreds of values, and a selection that fails for each
 * step of a run under a hundred aliases would hold the event loop for seconds.
 */
import { GatewayError } from '../../upstream/errors.ts';

const MAX_FAILURES = 5000;

export type FailureLimit = ReturnType<typeof createFailureLimit>;

export function createFailureLimit() {
  let failures = 0;
  /** True where too many have failed: then the whole answer is refused, and nothing more needs to be read. */
  const isExceeded = (): boolean => failures > MAX_FAILURES;
  return {
    /** Counts a field or an item that fails. */
    add(): void {
      failures += 1;
    },
    isExceeded,
    /** In place of the answer; null where it may be given. */
    excess: (): GatewayError | null => (isExceeded() ? tooMany() : null),
  };
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `More than ${MAX_FAILURES} fields of this operation have failed, each with an error of its own. Ask for fewer steps, or for ` +
      'one of these fields alone, to see why.',
  );
