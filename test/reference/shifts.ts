/** Shifts of a series, and the state of a failure, once more from their definitions. */

interface Place {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN)) / 2
  );
};
const factor = (a: number, b: number): number => (a === b ? 1 : Math.max(a, b) / Math.min(a, b));

function splitOf(values: readonly number[]): number | null {
  const count = values.length;
  const places = Array.from({ length: Math.max(0, count - 19) }, (_, index) => index + 10);
  /** Pairs of a value before and one after: how many more rise than fall. */
  const risesAt = (at: number) =>
    values
      .slice(0, at)
      .reduce(
        (sum, before) => sum + values.slice(at).reduce((rises, after) => rises + Math.sign(after - before), 0),
        0,
      );
  const judged = places.map((at) => ({ at, rises: Math.abs(risesAt(at)) }));
  const most = Math.max(...judged.map(({ rises }) => rises));
  if (judged.length === 0 || 2 * Math.exp((-6 * most ** 2) / (count ** 3 + count ** 2)) > 0.001) return null;
  const clarity = ({ at, rises }: { readonly at: number; readonly rises: number }) =>
    rises / Math.sqrt(at * (count - at));
  const rough = judged.reduce((best, each) => (clarity(each) > clarity(best) ? each : best)).at;
  const levels = [middle(values.slice(0, rough)), middle(values.slice(rough))] as const;
  const distanceAt = (at: number) =>
    values.reduce((sum, value, index) => sum + Math.abs(value - levels[index < at ? 0 : 1]), 0);
  const [at = rough] = places.toSorted((a, b) => distanceAt(a) - distanceAt(b) || a - b);
  const [before, after] = [values.slice(0, at), values.slice(at)];
  const isNear = factor(middle(before.slice(-10)), middle(after.slice(0, 10))) >= 1.35;
  return isNear && factor(middle(before), middle(after)) >= 1.5 ? at : null;
}

export function referenceShifts(values: readonly number[]): Place[] {
  const first = splitOf(values);
  if (first === null) return [];
  const [left, right] = [splitOf(values.slice(0, first)), splitOf(values.slice(first))];
  const places = [left, first, right === null ? null : first + right].filter((at) => at !== null);
  return places
    .map((at, index) => ({
      at,
      before: middle(values.slice(places[index - 1] ?? 0, at)),
      after: middle(values.slice(at, places[index + 1])),
    }))
    .filter(({ before, after }) => factor(before, after) >= 1.5);
}

/** One character a run, oldest first: `x` failed as the group, `o` completed with the node, `y` failed otherwise. All are known. */
export function referenceState(runs: string, isWhole: boolean): string {
  const parts = runs.split('x');
  const [before = '', ...rest] = parts;
  const [gaps, since = ''] = [rest.slice(0, -1), rest.at(-1)];
  const completions = (part: string) => part.replaceAll('y', '').length;
  const longest = Math.max(0, ...gaps.map(({ length }) => length));
  if (completions(since) >= 3 && (gaps.length === 0 || completions(since) > longest)) return 'RESOLVED';
  const long = gaps.filter(
    (gap, at) => gap.length >= 20 && gaps.every((other, index) => index === at || gap.length >= 5 * (other.length + 1)),
  );
  const [gap = ''] = long;
  if (long.length === 1 && gaps.length >= 3 && completions(gap) >= 3) return 'RETURNED';
  return before.length > longest && (isWhole || before.length >= 20) ? 'NEW' : 'ONGOING';
}
