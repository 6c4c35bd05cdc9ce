/** Limits the objects of one answer, and defines the weight of each object. */
import { GatewayError } from '../../upstream/errors.ts';

export function createObjectBudget(maximum: number) {
  let taken = 0;
  // One error for all lists, since an error with its stack is costly.
  let error: GatewayError | undefined;
  return {
    /** Throws ANSWER_TOO_LARGE if the limit is exceeded. */
    take(objects: number): void {
      taken += objects;
      if (taken <= maximum) return;
      throw (error ??= new GatewayError(
        'ANSWER_TOO_LARGE',
        `Limit of ${maximum} objects in one answer reached (MAX_OPERATION_OBJECTS). ` +
          'Select smaller pages, or less of each run.',
      ));
    },
  };
}

/** An object counts as one, plus one for each ten selected fields. */
const FIELDS_A_UNIT = 10;

export const weightOf = (fields: number): number => 1 + Math.floor(fields / FIELDS_A_UNIT);
