/**
 * How many fields of one operation may fail one by one. An error takes as long as hundreds of values, and a selection that fails for each
 * step of a run under a hundred aliases would hold the event loop for seconds.
 */
import { GatewayError } from '../../upstream/errors.ts';

const MAX_FAILURES = 5000;

export interface FailureLimit {
  /** The value; throws what reading it throws. Null where too many fields have failed: then the whole answer is refused. */
  guard<T>(read: () => T): T | null;
  /** In place of the answer; null where it may be given. */
  excess(): GatewayError | null;
}

export function createFailureLimit(): FailureLimit {
  let failures = 0;
  return {
    guard(read) {
      if (failures > MAX_FAILURES) return null;
      try {
        return read();
      } catch (error) {
        failures += 1;
        throw error;
      }
    },
    excess: () => (failures > MAX_FAILURES ? tooMany() : null),
  };
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `More than ${MAX_FAILURES} fields of this operation have failed, each with an error of its own. Ask for fewer steps, or for ` +
      'one of these fields alone, to see why.',
  );
