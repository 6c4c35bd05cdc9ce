/** W8: the cost of a step in runs of 10, 100 and 1,000 steps, and of a lookup in caches of 10² to 10⁵ runs. */
import { stepgate, withContenders, type Contender } from '../contenders.ts';
import { runIdOf, type RunShape } from '../fixture-runs.ts';
import { scatteredStride, uniqueRequests, type UniqueRequests } from '../load.ts';
import { prime } from '../prime.ts';
import { atMost, type Row, type WorkloadResult } from '../report.ts';
import { measureInTurns, toRow, type Bench, type Measured } from '../rounds.ts';

const STEP_COUNTS = [10, 100, 1000];
const RUNS_OF_EACH = 20;
const STORE_SIZES = [100, 1000, 10_000, 100_000];
const MAX_STORE_SIZE_SHORTENED = 10_000;
const BOUND = 1.5;
/** All runs must stay cached. */
const CACHE_MAX_BYTES = 2 ** 29;

/** One Stepgate, its cached runs, and the number of steps or lookups of a request. */
interface Case {
  readonly contender: Contender;
  readonly shape: RunShape;
  readonly runs: number;
  readonly units: number;
}

const stepCases: readonly Case[] = STEP_COUNTS.map((steps) => ({
  contender: { ...stepgate, name: `Stepgate, ${steps.toLocaleString('en-US')} steps a run` },
  shape: { state: 'finished', steps, outputBytes: 200 },
  runs: RUNS_OF_EACH,
  units: steps,
}));

const storeCases = (maxSize: number): readonly Case[] =>
  STORE_SIZES.filter((size) => size <= maxSize).map((runs) => ({
    contender: { ...stepgate, name: `Stepgate, ${runs.toLocaleString('en-US')} runs held` },
    shape: { state: 'finished', steps: 1, outputBytes: 60 },
    runs,
    units: 1,
  }));

export async function w8Growth(bench: Bench): Promise<WorkloadResult> {
  const { isShortened } = bench.settings;
  const maxSize = isShortened ? MAX_STORE_SIZE_SHORTENED : Infinity;
  const ofSteps = await measureCases(bench, stepCases, 'step');
  const ofStores = await measureCases(bench, storeCases(maxSize), 'lookup');
  return {
    id: 'W8',
    title: 'growth',
    reference: 'the smallest of its kind, in time per step or per lookup',
    rows: [...ofSteps, ...ofStores],
    notes: isShortened ? [`shortened: no cache of more than ${MAX_STORE_SIZE_SHORTENED} runs`] : [],
  };
}

async function measureCases(bench: Bench, cases: readonly Case[], unit: string): Promise<Row[]> {
  const byName = new Map(cases.map((one) => [one.contender.name, one]));
  const contenders = cases.map(({ contender }) => contender);
  const options = { upstreamUrl: bench.fixture.url, env: { CACHE_MAX_BYTES: String(CACHE_MAX_BYTES) } };
  const measured = await withContenders(contenders, options, async (started) => {
    for (const contender of started) {
      const one = byName.get(contender.name);
      if (!one) continue;
      bench.say(`${contender.name}: takes them in`);
      await prime(contender, runIdOf(one.shape, 'growth-'), one.runs);
    }
    const requestsFor = ({ name }: { name: string }) => requestsOf(byName.get(name));
    return measureInTurns(bench, started, { requestsFor });
  });
  const microsOf = ({ name, requestsPerSecond }: Measured): number =>
    1e6 / (requestsPerSecond * (byName.get(name)?.units ?? 1));
  const [smallest] = measured;
  return measured.map((one): Row => {
    const growth = smallest ? microsOf(one) / microsOf(smallest) : 1;
    const row = { ...toRow(one, one), ratio: growth, note: `${microsOf(one).toFixed(2)} µs a ${unit}` };
    return one === smallest ? row : { ...row, targets: [atMost(`time per ${unit}`, growth, BOUND, '× the smallest')] };
  });
}

function requestsOf(one: Case | undefined): UniqueRequests {
  if (!one) throw new Error('each contender must belong to a case');
  return uniqueRequests(runIdOf(one.shape, 'growth-'), one.runs, { stride: scatteredStride(one.runs) });
}
