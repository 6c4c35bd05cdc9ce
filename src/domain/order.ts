/** Comparisons for all visible orders, so ties and unknown values are treated consistently. */

/** Ascending, null last. */
export function compareNullsLast(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

/** Compares code units, regardless of locale. */
export const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** −Infinity if empty. Spreading the numbers into Math.max fails above about 120,000. */
export const maxOf = (numbers: Iterable<number>): number => {
  let max = -Infinity;
  for (const number of numbers) max = Math.max(max, number);
  return max;
};

/** Infinity if empty. */
export const minOf = (numbers: Iterable<number>): number => {
  let min = Infinity;
  for (const number of numbers) min = Math.min(min, number);
  return min;
};
