/** Counts: exact in the domain up to 2^53, while GraphQL's `Int` ends at 2^31 - 1. The edge checks that, not the domain. */
export const MAX_INT = 2 ** 31 - 1;

/** True for a whole number from 0. */
export const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** True if GraphQL's `Int` can hold the number. */
export const fitsInt = (value: number): boolean => Math.abs(value) <= MAX_INT;
