/** Counts are exact up to 2^53 in the domain. GraphQL's `Int` ends at 2^31 - 1, which only the edge checks. */
export const MAX_INT = 2 ** 31 - 1;

/** Whether the value is an integer ≥ 0. */
export const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** Whether GraphQL's `Int` can hold the number. */
export const fitsInt = (value: number): boolean => Math.abs(value) <= MAX_INT;
