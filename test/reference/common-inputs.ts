/** What failed runs have in common, once more from the definition: lists instead of bits, exact fractions instead of logarithms. */

export interface RawInputs {
  readonly id: string;
  readonly isFailed: boolean;
  readonly inputs: unknown;
}

type Scalar = string | number | boolean;

interface Value {
  readonly keys: readonly string[];
  readonly value: unknown;
}

interface Fact {
  readonly keys: readonly string[];
  readonly test: string;
  readonly value: Scalar | null;
  /** By run. Null where the path is cut off. */
  readonly holds: readonly (boolean | null)[];
}

const LEVELS = 5;
const PATHS = 200;
const TESTS = ['EQUALS', 'PRESENT', 'MISSING', 'AT_LEAST', 'BELOW', 'LENGTH_AT_LEAST', 'LENGTH_BELOW'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = byCodeUnits(a[at] ?? '', b[at] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function allValues(inputs: Readonly<Record<string, unknown>>, keys: readonly string[] = []): Value[] {
  if (keys.length === LEVELS) return [];
  return Object.entries(inputs)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => byCodeUnits(a, b))
    .flatMap(([key, value]) => {
      const path = [...keys, key];
      return [{ keys: path, value }, ...(isObject(value) ? allValues(value, path) : [])];
    });
}

export function referenceCommonInputs(all: readonly RawInputs[]) {
  const runs = all.flatMap(({ id, isFailed, inputs }) =>
    isObject(inputs) ? [{ id, isFailed, values: allValues(inputs) }] : [],
  );
  const facts = factsOf(runs.map(({ values }) => values));
  let left = runs.map((_, at) => at);
  const nodes: ReturnType<typeof describe>[] = [];
  let compared = 0;
  function describe({ keys, test, value, holds }: Fact) {
    const count = (isFailed: boolean) =>
      runs.filter((run, at) => run.isFailed === isFailed && holds[at] === true).length;
    const last = (isFailed: boolean, isHeld: boolean) =>
      runs.findLast((run, at) => run.isFailed === isFailed && holds[at] === isHeld)?.id ?? null;
    return {
      ...{ keys, test, value, failedCount: count(true), completedCount: count(false) },
      ...{ failedWithoutId: last(true, false), completedWithId: last(false, true) },
    };
  }
  while (nodes.length < 3) {
    const distinct = new Map<string, Fact>();
    for (const fact of facts.toSorted(simplest)) {
      const known = left.filter((at) => fact.holds[at] !== null);
      const having = known.filter((at) => fact.holds[at] === true);
      if (having.length < 5 || known.length - having.length < 5) continue;
      const key = having.join();
      if (!distinct.has(key)) distinct.set(key, fact);
    }
    if (nodes.length === 0) compared = distinct.size;
    const failedLeft = left.filter((at) => runs[at]?.isFailed).length;
    const certain = [...distinct.values()]
      .map((fact) => {
        const known = left.filter((at) => fact.holds[at] !== null);
        const failed = known.filter((at) => runs[at]?.isFailed);
        const completed = known.filter((at) => !runs[at]?.isFailed);
        const [a, b] = [failed, completed].map((some) => some.filter((at) => fact.holds[at] === true).length);
        const share = (a ?? 0) / failed.length;
        const isLarge = (a ?? 0) >= failedLeft / 2 && share - (b ?? 0) / completed.length >= 0.5;
        return { fact, isLarge, p: isLarge ? chanceOf([known], fact, runs) : 1 };
      })
      .filter(({ isLarge, p }) => isLarge && p * distinct.size < 0.01)
      .sort((one, other) => one.p - other.p);
    const strongest = certain.find(({ fact }) => {
      const known = left.filter((at) => fact.holds[at] !== null);
      const blocks = known.flatMap((_, at) => (at % 4 === 0 ? [known.slice(at, at + 4)] : []));
      return chanceOf(blocks, fact, runs) <= 0.01;
    });
    if (!strongest) break;
    nodes.push(describe(strongest.fact));
    left = left.filter((at) => strongest.fact.holds[at] !== true);
  }
  const count = (isFailed: boolean) => runs.filter((run) => run.isFailed === isFailed).length;
  return { nodes, failedRuns: count(true), completedRuns: count(false), factsCompared: compared };
}

function factsOf(runs: readonly (readonly Value[])[]): Fact[] {
  const cut = runs.map((values) => values.slice(0, PATHS));
  const paths = new Map(cut.flat().map(({ keys }) => [JSON.stringify(keys), keys]));
  return [...paths.values()].flatMap((keys): Fact[] => {
    const known = runs.map(
      (values, at) => values.length <= PATHS || compareKeys(keys, cut[at]?.at(-1)?.keys ?? []) <= 0,
    );
    const found = cut.map((values) => values.find((value) => compareKeys(value.keys, keys) === 0)?.value);
    const fact = (test: string, value: Scalar | null, isHeld: (value: unknown) => boolean): Fact => ({
      ...{ keys, test, value },
      holds: found.map((each, at) => (known[at] ? isHeld(each) : null)),
    });
    const isRedacted = (value: unknown) => typeof value === 'string' && value.includes('[redacted]');
    const equal = found.filter(
      (value): value is Scalar =>
        typeof value === 'number' ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && value.length <= 100 && !isRedacted(value)),
    );
    const counted = found.some((value) => Array.isArray(value) || (typeof value === 'string' && value.length > 100));
    const lengthOf = (value: unknown): number | null =>
      counted && (Array.isArray(value) || (typeof value === 'string' && !isRedacted(value))) ? value.length : null;
    const numbers = found.filter((value) => typeof value === 'number');
    const lengths = found.map(lengthOf).filter((length) => length !== null);
    return [
      fact('PRESENT', null, (value) => value !== undefined),
      fact('MISSING', null, (value) => value === undefined),
      ...[...new Set(equal)].map((value) => fact('EQUALS', value, (each) => each === value)),
      ...quantiles(numbers).flatMap((bound) => [
        fact('AT_LEAST', bound, (value) => typeof value === 'number' && value >= bound),
        fact('BELOW', bound, (value) => typeof value === 'number' && value < bound),
      ]),
      ...quantiles(lengths).flatMap((bound) => [
        fact('LENGTH_AT_LEAST', bound, (value) => (lengthOf(value) ?? NaN) >= bound),
        fact('LENGTH_BELOW', bound, (value) => (lengthOf(value) ?? NaN) < bound),
      ]),
    ];
  });
}

/** The smallest value that at least this percentage of the values do not exceed. */
function quantiles(values: readonly number[]): number[] {
  const of = (percent: number) =>
    Math.min(...values.filter((value) => values.filter((v) => v <= value).length * 100 >= percent * values.length));
  return [...new Set([10, 25, 50, 75, 90].map(of))].filter(Number.isFinite);
}

function simplest(a: Fact, b: Fact): number {
  const lengthOf = ({ keys }: Fact) => keys.join('.').length;
  return (
    TESTS.indexOf(a.test) - TESTS.indexOf(b.test) ||
    a.keys.length - b.keys.length ||
    lengthOf(a) - lengthOf(b) ||
    compareKeys(a.keys, b.keys) ||
    (typeof a.value === 'number' && typeof b.value === 'number'
      ? a.value - b.value
      : byCodeUnits(JSON.stringify(a.value), JSON.stringify(b.value)))
  );
}

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let ways = 1n;
  for (let at = 1; at <= k; at += 1) ways = (ways * BigInt(n - k + at)) / BigInt(at);
  return ways;
}

/** Chance that, shuffled within each block, at least as many failed runs have the fact. */
function chanceOf(
  blocks: readonly (readonly number[])[],
  { holds }: Fact,
  runs: readonly { readonly isFailed: boolean }[],
): number {
  let ways = [1n];
  let [all, observed] = [1n, 0];
  for (const block of blocks) {
    const failed = block.filter((at) => runs[at]?.isFailed);
    const having = block.filter((at) => holds[at] === true).length;
    observed += failed.filter((at) => holds[at] === true).length;
    all *= choose(block.length, having);
    const next = new Array<bigint>(ways.length + failed.length).fill(0n);
    for (const [sum, count] of ways.entries()) {
      for (let more = 0; more <= failed.length; more += 1) {
        const those = choose(failed.length, more) * choose(block.length - failed.length, having - more);
        next[sum + more] = (next[sum + more] ?? 0n) + count * those;
      }
    }
    ways = next;
  }
  const extreme = ways.slice(observed).reduce((sum, count) => sum + count, 0n);
  return Number((extreme * 10n ** 30n) / all) / 1e30;
}
