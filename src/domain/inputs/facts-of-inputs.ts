/** Facts about the inputs of compared runs. Each divides them into runs that have it and runs that don't. */
import { compareText } from '../order.ts';
import { percentile } from '../workflow/statistics.ts';
import type { InputTest, Scalar } from './input-test.ts';
import type { InputValues } from './input-values.ts';
import { addTo, countBoth, emptySet, has, without, type RunSet } from './run-set.ts';

export interface InputFact {
  /** Keys, joined by `SEPARATOR`. */
  readonly path: string;
  readonly test: InputTest;
  readonly value: Scalar | null;
  readonly runs: RunSet;
  /** Runs whose path isn't cut off. */
  readonly known: RunSet;
}

/**
 * Minimum number of compared runs that must have a fact, and that must not: otherwise, ids would make 100,000 facts.
 */
export const RULE_OF_FIVE = 5;

const PERCENTS = [10, 25, 50, 75, 90];

/** Values at one path, by position of the run. */
interface Column {
  readonly at: number[];
  readonly values: (Scalar | null)[];
  readonly lengths: (number | null)[];
}

/**
 * Maximum number of paths. Those that most runs have are kept: with ids as keys, a thousand runs would have 40,000
 * paths.
 */
const MAX_COLUMNS = 1000;

/** Yields after each run and each path. */
export function* factsOfInputs(runs: readonly InputValues[]): Generator<void, InputFact[], void> {
  const facts: InputFact[] = [];
  const columns = yield* columnsOf(runs);
  const knownAt = createKnown(runs);
  for (const [path, column] of columns.toSorted(([one], [other]) => compareText(one, other))) {
    const known = knownAt(path);
    const count = countBoth(known, known);
    for (const fact of factsOfColumn(column, runs.length, known)) {
      const having = countBoth(fact.runs, known);
      if (having >= RULE_OF_FIVE && count - having >= RULE_OF_FIVE) facts.push({ ...fact, path, known });
    }
    yield;
  }
  return facts;
}

function* columnsOf(runs: readonly InputValues[]): Generator<void, [string, Column][], void> {
  const counts = new Map<string, number>();
  for (const { values } of runs) {
    for (const { path } of values) counts.set(path, (counts.get(path) ?? 0) + 1);
    yield;
  }
  const compared = [...counts]
    .filter(([, count]) => count >= RULE_OF_FIVE)
    .sort(([one, ofOne], [other, ofOther]) => ofOther - ofOne || compareText(one, other))
    .slice(0, MAX_COLUMNS);
  const columns = new Map(compared.map(([path]): [string, Column] => [path, { at: [], values: [], lengths: [] }]));
  for (const [at, { values }] of runs.entries()) {
    for (const { path, value, length } of values) {
      const column = columns.get(path);
      column?.at.push(at);
      column?.values.push(value);
      column?.lengths.push(length);
    }
    yield;
  }
  return [...columns];
}

/**
 * Returns the runs whose bounds don't cut off a path, so that it is truly missing in the others. Ask for paths in
 * order.
 */
function createKnown(runs: readonly InputValues[]): (path: string) => RunSet {
  const cuts = [...runs.entries()]
    .flatMap(([at, { values, isCut }]) => (isCut ? [{ at, last: values.at(-1)?.path ?? '' }] : []))
    .sort((one, other) => compareText(one.last, other.last));
  let known = emptySet(runs.length);
  for (const at of runs.keys()) addTo(known, at);
  let next = 0;
  return (path) => {
    const passed = emptySet(runs.length);
    const from = next;
    for (let cut = cuts[next]; cut && cut.last < path; cut = cuts[(next += 1)]) addTo(passed, cut.at);
    if (next > from) known = without(known, passed);
    return known;
  };
}

type FactOfColumn = Pick<InputFact, 'test' | 'value' | 'runs'>;

function* factsOfColumn(
  { at, values, lengths }: Column,
  count: number,
  known: RunSet,
): Generator<FactOfColumn, void, void> {
  const setOf = (isIn: (index: number) => boolean): RunSet => {
    const set = emptySet(count);
    for (const [index, position] of at.entries()) if (isIn(index)) addTo(set, position);
    return set;
  };
  const present = setOf(() => true);
  yield { test: 'PRESENT', value: null, runs: present };
  yield { test: 'MISSING', value: null, runs: without(known, present) };

  const byValue = Map.groupBy(values.keys(), (index) => values[index] ?? null);
  for (const [value, indexes] of byValue) {
    if (value === null || indexes.length < RULE_OF_FIVE) continue;
    const set = emptySet(count);
    for (const index of indexes) addTo(set, at[index] ?? 0);
    yield { test: 'EQUALS', value, runs: set };
  }

  const numberOf = (index: number): number | null => {
    const value = values[index];
    return typeof value === 'number' ? value : null;
  };
  for (const bound of boundsOf(values.keys().map(numberOf))) {
    yield { test: 'AT_LEAST', value: bound, runs: setOf((index) => (numberOf(index) ?? -Infinity) >= bound) };
    yield { test: 'BELOW', value: bound, runs: setOf((index) => (numberOf(index) ?? Infinity) < bound) };
  }

  // The length of a string is meaningful only where strings may be long.
  const isCounted = values.some((value, index) => value === null && lengths[index] !== null);
  const lengthOf = (index: number): number | null => (isCounted ? (lengths[index] ?? null) : null);
  for (const bound of boundsOf(values.keys().map(lengthOf))) {
    yield { test: 'LENGTH_AT_LEAST', value: bound, runs: setOf((index) => (lengthOf(index) ?? -1) >= bound) };
    yield { test: 'LENGTH_BELOW', value: bound, runs: setOf((index) => (lengthOf(index) ?? Infinity) < bound) };
  }
}

/** Quantiles without duplicates. */
function boundsOf(numbers: Iterable<number | null>): readonly number[] {
  const ascending = [...numbers].filter((each) => each !== null).sort((a, b) => a - b);
  return [...new Set(PERCENTS.map((percent) => percentile(ascending, percent) ?? NaN))].filter(Number.isFinite);
}

export const hasFact = ({ runs, known }: InputFact, at: number): boolean => has(runs, at) && has(known, at);
