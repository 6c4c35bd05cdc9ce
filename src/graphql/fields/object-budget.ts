/** How many objects one operation may answer, and what each counts. */
import { GatewayError } from '../../upstream/errors.ts';

export function createObjectBudget(maximum: number) {
  let taken = 0;
  // One error for all lists that are too many: an error with its stack is costly.
  let error: GatewayError | undefined;
  return {
    /** Throws ANSWER_TOO_LARGE when the operation has answered as many objects as it may. */
    take(objects: number): void {
      taken += objects;
      if (taken <= maximum) return;
      throw (error ??= new GatewayError(
        'ANSWER_TOO_LARGE',
        `One operation may answer ${maximum} objects (MAX_OPERATION_OBJECTS), and this one has more. ` +
          'Ask for smaller pages, or for less of each run.',
      ));
    },
  };
}

/** Every object counts one, and one more for each ten fields selected of it. */
const FIELDS_A_UNIT = 10;

export const weightOf = (fields: number): number => 1 + Math.floor(fields / FIELDS_A_UNIT);
