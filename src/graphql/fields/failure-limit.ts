/**
 * Limits the failed fields of one operation. An error takes as long as hundreds of values: a field that fails for each
 * step under a hundred aliases would block the event loop for seconds.
 */
import { GatewayError } from '../../upstream/errors.ts';

const MAX_FAILURES = 5000;

export type FailureLimit = ReturnType<typeof createFailureLimit>;

export function createFailureLimit() {
  let failures = 0;
  /** True if too many fields have failed. The whole answer is then rejected, and nothing more is read. */
  const isExceeded = (): boolean => failures > MAX_FAILURES;
  return {
    /** Counts a failed field or item. */
    add(): void {
      failures += 1;
    },
    isExceeded,
    /** Error that replaces the answer. Null if the answer may be sent. */
    excess: (): GatewayError | null => (isExceeded() ? tooMany() : null),
  };
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `Limit of ${MAX_FAILURES} failed fields in one operation reached. Select fewer steps, or only one of the failed fields, to ` +
      'see their errors.',
  );
