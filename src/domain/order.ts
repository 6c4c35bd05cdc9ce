/** The comparisons behind every order that is shown, so that all of them treat ties and unknowns alike. */

/** Ascending, and null after everything. */
export function compareNullsLast(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

/** By code units: the same on every machine, whatever its locale. */
export const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);
