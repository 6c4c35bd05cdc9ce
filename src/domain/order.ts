/** Comparisons of all shown orders, so that ties and unknown values are treated the same way everywhere. */

/** Ascending, null last. */
export function compareNullsLast(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

/** Compares code units, independent of the locale. */
export const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** −Infinity without numbers. A call with an argument for each number fails above about 120,000. */
export const maxOf = (numbers: Iterable<number>): number => {
  let max = -Infinity;
  for (const number of numbers) max = Math.max(max, number);
  return max;
};

/** Infinity without numbers. */
export const minOf = (numbers: Iterable<number>): number => {
  let min = Infinity;
  for (const number of numbers) min = Math.min(min, number);
  return min;
};
