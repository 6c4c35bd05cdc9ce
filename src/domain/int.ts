/** What fits a GraphQL `Int`: a number beyond it would be an error in the answer, so it counts as not told. */
export const MAX_INT = 2 ** 31 - 1;

/** True for a whole number from 0 to MAX_INT. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INT;
