/** Finds where a series changes its level, with Pettitt's rank test: outliers and the distribution don't matter. */

export interface Split {
  /** Index of the first value after the change. */
  readonly at: number;
  /** Approximate probability of a change this clear in a series without one. */
  readonly p: number;
}

/** The clearest change with at least `least` values on each side, or null for a shorter series. */
export function clearestSplit(values: readonly number[], least: number): Split | null {
  const count = values.length;
  if (count < 2 * least) return null;
  const ranks = ranksOf(values);
  let [sum, largest, clearest, at] = [0, 0, -1, least];
  for (let index = 0; index < count - least; index += 1) {
    sum += 2 * (ranks[index] ?? 0) - (count + 1);
    const before = index + 1;
    if (before < least) continue;
    largest = Math.max(largest, Math.abs(sum));
    // The statistic alone is largest near the middle, wherever the change is.
    const clarity = Math.abs(sum) / Math.sqrt(before * (count - before));
    if (clarity <= clearest) continue;
    [clearest, at] = [clarity, before];
  }
  return {
    at: sharpened(values, at, least),
    p: Math.min(1, 2 * Math.exp((-6 * largest ** 2) / (count ** 3 + count ** 2))),
  };
}

/** Moves the split to where the values are nearest to the medians of both sides: ranks ignore distances. */
function sharpened(values: readonly number[], place: number, least: number): number {
  const [before, after] = [median(values.slice(0, place)), median(values.slice(place))];
  let [distance, nearest, at] = [0, Infinity, place];
  for (let index = 0; index < values.length - least; index += 1) {
    const value = values[index] ?? 0;
    // Relative to all values being after the change: only differences matter.
    distance += Math.abs(value - before) - Math.abs(value - after);
    if (index + 1 < least || distance >= nearest) continue;
    [nearest, at] = [distance, index + 1];
  }
  return at;
}

/** The middle value, or the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const upper = ascending[ascending.length >> 1] ?? 0;
  return ascending.length % 2 === 1 ? upper : (upper + (ascending[(ascending.length >> 1) - 1] ?? 0)) / 2;
}

/** Ranks from 1; equal values share their mean rank. */
function ranksOf(values: readonly number[]): number[] {
  const order = [...values.entries()].sort(([, one], [, other]) => one - other);
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (order[to]?.[1] === order[from]?.[1] && to < order.length) to += 1;
    for (const [index] of order.slice(from, to)) ranks[index] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}
