/** Prints how often triage is right over random histories: `node tools/soak/triage.ts [seed] [histories]`. README.md has the tables. */
import { historyOf } from '../../test/domain/failure-histories.ts';
import {
  CAUSES,
  createRandom,
  falseClaims,
  foundShare,
  seedsFrom,
  type Cause,
  type Planted,
} from '../../test/domain/inputs/histories.ts';
import { placeOf, SERIES, shiftsIn, type Series } from '../../test/domain/shifts/series.ts';

const [seed = '1', histories = '5000'] = process.argv.slice(2);
const first = Number(seed);
const count = Number(histories);
const few = Math.ceil(count / 25);

const say = (...cells: readonly (string | number)[]) => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`;

const PLANTED: readonly Planted[] = [
  { failed: 12, completed: 60, failedShare: 0.85, completedShare: 0.1 },
  { failed: 12, completed: 60, failedShare: 1, completedShare: 0.1 },
  { failed: 50, completed: 300, failedShare: 0.85, completedShare: 0.1 },
  { failed: 12, completed: 60, failedShare: 0.7, completedShare: 0.1 },
  { failed: 8, completed: 60, failedShare: 0.85, completedShare: 0.1 },
  { failed: 30, completed: 150, failedShare: 1 / 3, completedShare: 0.1 },
];
say('failed', 'of them with the cause', 'completed', 'of them with it', ...CAUSES.map(({ name }) => name));
for (const planted of PLANTED) {
  const shares = CAUSES.map((cause) => percent(foundShare([cause], planted, seedsFrom(first, few))));
  say(planted.failed, percent(planted.failedShare), planted.completed, percent(planted.completedShare), ...shares);
}

/** Two of the failed runs in three have the first cause. */
const pairsOf = (isEven: boolean): Cause[][] =>
  CAUSES.map((cause, at) => [cause, ...(isEven ? [] : [cause]), CAUSES[(at + 3) % CAUSES.length] ?? cause]);
for (const [name, isEven] of [
  ['two causes, two thirds and one third', false],
  ['two causes, half each', true],
] as const) {
  const planted = { failed: 30, completed: 150, failedShare: 1, completedShare: 0.1 };
  const shares = pairsOf(isEven).map((causes) => foundShare(causes, planted, seedsFrom(first, few)));
  say(name, percent(shares.reduce((sum, share) => sum + share, 0) / shares.length));
}

const wrong = falseClaims(seedsFrom(first, count));
say('without a cause', `${wrong} of ${count} claim something`);

for (const series of SERIES) say(series.name, ...[30, 60, 100, 200].map((runs) => shareOf(series, runs)));

function shareOf(series: Series, runs: number): string {
  const at = series.shiftAt(runs);
  const found = seedsFrom(first, few).map((each) => shiftsIn(series, runs, createRandom(each)).map(placeOf));
  const claimed = found.filter((places) => places.length > 0);
  const near = found.filter((places) => places.some((place) => Math.abs(place - (at ?? Infinity)) <= 3));
  const share = (some: readonly unknown[]) => percent(some.length / found.length);
  return at === null ? share(claimed) : `${share(claimed)}, ${share(near)} at most 3 runs off`;
}

for (const rate of [0.02, 0.03, 0.05, 0.1, 0.2, 0.4]) {
  const shares = [50, 100, 199].map((runs) => {
    const random = createRandom(first + runs);
    const drawn = Array.from({ length: 5 * few }, () =>
      Array.from({ length: runs }, () => (random() < rate ? 'x' : 'o')).join(''),
    ).filter((history) => history.includes('x'));
    return percent(drawn.filter((history) => historyOf(history).state === 'RETURNED').length / drawn.length);
  });
  say(`RETURNED, failing at random in ${percent(rate)}`, ...shares);
}

if (wrong > count / 1000) process.exitCode = 1;
