/**
 * What the inputs of failed runs have in common that those of completed runs don't: an association, which doesn't
 * explain why a run failed.
 */
import { compareText } from '../order.ts';
import { blockedP, fisherLogP, LogFactorials, type Table } from './exact-tests.ts';
import { factsOfInputs, hasFact, RULE_OF_FIVE, type InputFact } from './facts-of-inputs.ts';
import { inputPathText } from './input-path.ts';
import type { InputTest, Scalar } from './input-test.ts';
import { keysOfPath, type InputValues } from './input-values.ts';
import { addTo, both, countBoth, emptySet, has, keyOf, without, type RunSet } from './run-set.ts';

export interface ComparedInputs {
  readonly runId: string;
  /** Whether the run failed; completed runs are compared with failed ones. */
  readonly isFailed: boolean;
  readonly inputs: InputValues;
}

export interface CommonInput {
  readonly text: string;
  /** Path within the inputs, such as `customer.region`. */
  readonly path: string;
  readonly test: InputTest;
  readonly value: Scalar | null;
  readonly failedCount: number;
  readonly completedCount: number;
  /** The newest failed run without it, or null. */
  readonly failedWithoutId: string | null;
  /** The newest completed run with it, or null. */
  readonly completedWithId: string | null;
}

export interface CommonInputs {
  /** Strongest first. */
  readonly nodes: readonly CommonInput[];
  readonly failedRuns: number;
  readonly completedRuns: number;
  /** Facts that split the runs in the same way count once. */
  readonly factsCompared: number;
}

const MAX_FOUND = 3;
/** Largest p-value of Fisher's test, multiplied by the number of facts. */
const MAX_P = 0.01;
/** Minimum share of failed runs for which the fact holds, and minimum lead over the share of completed ones. */
const MIN_SHARE = 0.5;
const MIN_DIFFERENCE = 0.5;
/** Few runs, so that a field that changes over time differs within few blocks. */
const BLOCK_RUNS = 4;
const MAX_BLOCKED_P = 0.01;

/** Takes runs by start, earliest first. Yields often. */
export function* commonInputs(runs: readonly ComparedInputs[]): Generator<void, CommonInputs, void> {
  const [failed, completed] = [emptySet(runs.length), emptySet(runs.length)];
  for (const [at, { isFailed }] of runs.entries()) addTo(isFailed ? failed : completed, at);
  const [failedRuns, completedRuns] = [failed, completed].map((set) => countBoth(set, set));
  // No fact about the failed runs could be significant.
  const isHopeless = !failedRuns || !completedRuns || failedRuns + completedRuns < 2 * RULE_OF_FIVE;
  const facts = isHopeless ? [] : yield* factsOfInputs(runs.map(({ inputs }) => inputs));
  const search = new Search(runs, facts, { failed, completed });
  const nodes: CommonInput[] = [];
  let factsCompared = 0;
  for (let found = yield* search.strongest(); ; found = yield* search.strongest()) {
    factsCompared ||= search.compared;
    if (found) nodes.push(search.describe(found));
    if (!found || nodes.length === MAX_FOUND) break;
    search.setAside(found.runs);
  }
  return { nodes, failedRuns: failedRuns ?? 0, completedRuns: completedRuns ?? 0, factsCompared };
}

interface Sides {
  readonly failed: RunSet;
  readonly completed: RunSet;
}

interface Candidate {
  readonly fact: InputFact;
  readonly logP: number;
}

class Search {
  readonly #runs: readonly ComparedInputs[];
  readonly #facts: readonly InputFact[];
  readonly #all: Sides;
  readonly #logs = new LogFactorials();
  /** Runs not explained by a found fact. */
  #left: Sides;
  compared = 0;

  constructor(runs: readonly ComparedInputs[], facts: readonly InputFact[], all: Sides) {
    this.#runs = runs;
    this.#facts = facts.toSorted(simplestFirst);
    this.#all = this.#left = all;
  }

  setAside(runs: RunSet): void {
    this.#left = { failed: without(this.#left.failed, runs), completed: without(this.#left.completed, runs) };
  }

  /** Returns the strongest fact about the remaining runs. */
  *strongest(): Generator<void, InputFact | null, void> {
    const candidates: Candidate[] = [];
    const distinct = new Set<string>();
    const { failed, completed } = this.#left;
    for (const fact of this.#facts) {
      const table = tableOf(fact, this.#left);
      const having = table.failedWith + table.completedWith;
      if (having < RULE_OF_FIVE || table.failed + table.completed - having < RULE_OF_FIVE) continue;
      // Facts about the same runs count as one: the simplest comes first.
      const key = keyOf(both(fact.runs, failed)) + keyOf(both(fact.runs, completed));
      if (distinct.has(key)) continue;
      distinct.add(key);
      if (isLarge(table, countBoth(failed, failed))) candidates.push({ fact, logP: fisherLogP(table, this.#logs) });
      yield;
    }
    this.compared = distinct.size;
    const bound = Math.log(MAX_P / distinct.size);
    // The sort is stable: of equally strong facts, the simplest stays first.
    const certain = candidates.filter(({ logP }) => logP < bound).sort((one, other) => one.logP - other.logP);
    for (const { fact } of certain) {
      if (blockedP(this.#blocks(fact), this.#logs) <= MAX_BLOCKED_P) return fact;
      yield;
    }
    return null;
  }

  /** Successive runs, a few per block. */
  #blocks(fact: InputFact): Table[] {
    const blocks: Table[] = [];
    let block = { failed: 0, failedWith: 0, completed: 0, completedWith: 0, count: 0 };
    for (const at of this.#runs.keys()) {
      const isFailed = has(this.#left.failed, at);
      if (!has(fact.known, at) || (!isFailed && !has(this.#left.completed, at))) continue;
      if (block.count === BLOCK_RUNS) {
        blocks.push(block);
        block = { failed: 0, failedWith: 0, completed: 0, completedWith: 0, count: 0 };
      }
      block.count += 1;
      block[isFailed ? 'failed' : 'completed'] += 1;
      if (has(fact.runs, at)) block[isFailed ? 'failedWith' : 'completedWith'] += 1;
    }
    blocks.push(block);
    // Other blocks carry no information.
    return blocks.filter(({ failed, completed }) => failed > 0 && completed > 0);
  }

  /** Counts all runs, so the counts match a list filtered by the fact. */
  describe(fact: InputFact): CommonInput {
    const table = tableOf(fact, this.#all);
    const path = inputPathText(keysOfPath(fact.path));
    const newest = (isWanted: (run: ComparedInputs, at: number) => boolean): string | null =>
      this.#runs.findLast((run, at) => has(fact.known, at) && isWanted(run, at))?.runId ?? null;
    return {
      text: `\`inputs.${path}\` ${words(fact)} in ${sharesText(table)}`,
      path,
      test: fact.test,
      value: fact.value,
      failedCount: table.failedWith,
      completedCount: table.completedWith,
      failedWithoutId: newest(({ isFailed }, at) => isFailed && !hasFact(fact, at)),
      completedWithId: newest(({ isFailed }, at) => !isFailed && hasFact(fact, at)),
    };
  }
}

function tableOf({ runs, known }: InputFact, { failed, completed }: Sides): Table {
  return {
    failed: countBoth(failed, known),
    failedWith: countBoth(failed, runs),
    completed: countBoth(completed, known),
    completedWith: countBoth(completed, runs),
  };
}

/** The share of failed runs includes those whose path is cut off. */
const isLarge = ({ failed, failedWith, completed, completedWith }: Table, allFailed: number): boolean =>
  failedWith >= MIN_SHARE * allFailed &&
  failedWith > 0 &&
  failedWith / failed - completedWith / completed >= MIN_DIFFERENCE;

/** Simplest wording first. */
const TESTS: readonly InputTest[] = [
  'EQUALS',
  'PRESENT',
  'MISSING',
  'AT_LEAST',
  'BELOW',
  'LENGTH_AT_LEAST',
  'LENGTH_BELOW',
];

/** Among facts about the same runs, the simplest test comes first, then the shortest path. */
function simplestFirst(one: InputFact, other: InputFact): number {
  return (
    TESTS.indexOf(one.test) - TESTS.indexOf(other.test) ||
    keysOfPath(one.path).length - keysOfPath(other.path).length ||
    one.path.length - other.path.length ||
    compareText(one.path, other.path) ||
    (typeof one.value === 'number' && typeof other.value === 'number'
      ? one.value - other.value
      : compareText(JSON.stringify(one.value), JSON.stringify(other.value)))
  );
}

const WORDS: Readonly<Record<InputTest, string>> = {
  EQUALS: 'is',
  AT_LEAST: 'is at least',
  BELOW: 'is below',
  LENGTH_AT_LEAST: 'has a length of at least',
  LENGTH_BELOW: 'has a length below',
  PRESENT: 'is present',
  MISSING: 'is missing',
};

const words = ({ test, value }: InputFact): string =>
  value === null ? WORDS[test] : `${WORDS[test]} \`${oneLine(String(value))}\``;

/** Fits between backticks. */
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('`', "'")
    .toWellFormed();

const sharesText = ({ failed, failedWith, completed, completedWith }: Table): string =>
  `${failedWith} of ${failed} failed ${runsText(failed)} and in ${completedWith} of ${completed} completed ${runsText(completed)}`;

const runsText = (count: number): string => (count === 1 ? 'run' : 'runs');
