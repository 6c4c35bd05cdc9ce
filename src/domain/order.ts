/** Comparisons of all shown orders, so that ties and unknown values are treated the same way everywhere. */

/** Ascending, null last. */
export function compareNullsLast(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

/** Compares code units, independent of the locale. */
export const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);
