import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import type { Call } from '../harness/upstream.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';
import { pageOf } from '../harness/workflows.ts';
import { temporaryFiles } from './temporary-files.ts';

/** The manual clock. */
const NOW = Date.parse('2026-11-24T12:00:00Z');
const HOUR = 3_600_000;
const WORKFLOWS = ['wf0', 'wf1', 'wf2'];

interface RandomRun {
  readonly workflow: number;
  readonly hoursAgo: number;
  readonly isFailed: boolean;
  /** Where its tokens are. The steps of a lost run cannot be loaded. */
  readonly reportsIn: 'record' | 'steps' | 'nothing' | 'lost';
  /** Only `a` and `b` have prices. */
  readonly model: 'a' | 'b' | 'x';
  readonly input: number;
  readonly output: number;
}

const randomRun: fc.Arbitrary<RandomRun> = fc.record({
  workflow: fc.nat(WORKFLOWS.length - 1),
  hoursAgo: fc.integer({ min: 1, max: 95 }),
  isFailed: fc.boolean(),
  reportsIn: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('record', 'steps', 'steps', 'nothing') },
    { weight: 1, arbitrary: fc.constant('lost') },
  ),
  model: fc.constantFrom('a', 'b', 'x'),
  input: fc.nat(9999),
  output: fc.nat(9999),
});

/** The runs of each key. */
const histories = new Map<string, readonly RandomRun[]>();

function script(call: Call) {
  const runs = histories.get(call.key ?? '') ?? [];
  const outputs = ({ model, input, output }: RandomRun): Wire => ({
    ...{ model, usage: { prompt_tokens: input, completion_tokens: output } },
  });
  const record = (run: RandomRun): Wire => {
    const start = NOW - run.hoursAgo * HOUR;
    return wireRun(`r${runs.indexOf(run)}`, {
      ...{ start_time: new Date(start).toISOString(), end_time: new Date(start + 1000).toISOString() },
      status: run.isFailed ? 'failed' : 'completed',
      all_outputs: run.reportsIn === 'record' ? { chat: outputs(run) } : null,
    });
  };
  if (call.endpoint === 'workflows') return { json: [] };
  if (call.endpoint === 'runs') {
    const own = runs.filter(({ workflow }) => WORKFLOWS[workflow] === call.workflowId);
    return pageOf(
      call,
      own.sort((a, b) => a.hoursAgo - b.hoursAgo),
      record,
    );
  }
  const run = runs[Number(call.runId.slice(1))];
  if (!run || run.reportsIn === 'lost') return { status: 400 };
  if (call.endpoint === 'run') return { json: [record(run)] };
  return { json: [wireStep({ outputs: run.reportsIn === 'steps' ? outputs(run) : null })] };
}

const PRICE = 1e-6;
const price = { input_cost_per_token: PRICE, output_cost_per_token: PRICE };
const TOKEN_PRICES = temporaryFiles().write('prices.json', { a: price, b: price });
// A page of each workflow, and the steps of a few runs.
const env = { TOKEN_PRICES, MAX_UPSTREAM_CALLS: '5' };
const gateway = perBlock(new TestGateway({ script, env, clock: createManualClock() }));

const SUMS = 'counts { totalTokens } estimatedCost { amount stepsPriced stepsUnpriced }';
const USAGE = `runCount failedCount usage(loadSteps: true) {
  runsReporting runsFromSteps runsNotReporting runsNotLoaded ${SUMS} failedCost { amount } byModel { model ${SUMS} }
}`;
const TIME = `startedAfter: "2026-11-20T12:00:00Z", startedBefore: "2026-11-24T12:00:00Z"`;
const usage = (args: string) =>
  `usage(workflowIds: ${JSON.stringify(WORKFLOWS)}, ${TIME}${args}) { ${USAGE} byWorkflow { workflow { id } ${USAGE} } }`;
const QUERY = `{
  total: ${usage('')}
  days: ${usage(', interval: DAY, timeZone: "America/New_York"')}
  ofOne: workflow(id: "wf0") { trend(${TIME}, last: 1000, buckets: 1) { ${USAGE} } }
}`;

interface Sums {
  readonly counts: { readonly totalTokens: number | null };
  readonly estimatedCost: { readonly amount: number | null; readonly stepsPriced: number };
}
interface Part {
  readonly runCount: number;
  readonly usage:
    | (Sums & { readonly runsNotLoaded: number; readonly byModel: readonly (Sums & { readonly model: string })[] })
    | null;
}
interface Bucket extends Part {
  readonly byWorkflow: readonly (Part & { readonly workflow: { readonly id: string } })[];
}
interface Answer {
  readonly total: readonly Bucket[];
  readonly days: readonly Bucket[];
  readonly ofOne: { readonly trend: readonly Part[] };
}

/** A part without usage does not count its silent runs. */
const NOT_ADDED = ['byWorkflow', 'workflow', 'runsNotReporting'];

/** Sums of all numbers by their paths, those of models by their names. Money in nanodollars. */
function sumsOf(values: readonly unknown[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') {
      const added = path.endsWith('amount') ? Math.round(value * 1e9) : value;
      if (added !== 0) sums.set(path, (sums.get(path) ?? 0) + added);
    } else if (typeof value === 'object') {
      for (const [name, member] of Object.entries(value ?? {})) {
        const key = Array.isArray(value) ? (member as { model: string }).model : name;
        if (!NOT_ADDED.includes(name)) visit(member, `${path}/${key}`);
      }
    }
  };
  for (const value of values) visit(value, '');
  return sums;
}

async function ask(key: string): Promise<Answer> {
  const { data, errors } = await gateway.query(QUERY, { key });
  expect(errors).toEqual([]);
  return data as unknown as Answer;
}

it('adds up usage over workflows, days and models to all runs', async () => {
  let [asked, partial] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(randomRun, { minLength: 5, maxLength: 40 }), async (runs) => {
      const key = `key-${(asked += 1)}`;
      histories.set(key, runs);
      const lost = runs.filter(({ reportsIn }) => reportsIn === 'lost').length;
      for (let isWhole = false; !isWhole;) {
        const { total, days, ofOne } = await ask(key);
        const all = total[0];
        const sums = sumsOf(total);
        expect(sumsOf(days)).toEqual(sums);
        expect(sumsOf(total.flatMap(({ byWorkflow }) => byWorkflow))).toEqual(sums);
        expect(sumsOf(days.flatMap(({ byWorkflow }) => byWorkflow))).toEqual(sums);
        for (const part of ['/counts/totalTokens', '/estimatedCost/amount', '/estimatedCost/stepsUnpriced']) {
          const ofModels = ['a', 'b', 'x'].map((model) => sums.get(`/usage/byModel/${model}${part}`) ?? 0);
          expect(ofModels.reduce((a, b) => a + b)).toBe(sums.get(`/usage${part}`) ?? 0);
        }
        const ofWorkflow = all?.byWorkflow.find(({ workflow }) => workflow.id === 'wf0');
        expect(ofOne.trend[0]?.usage ?? null).toEqual(ofWorkflow?.usage ?? null);
        const notLoaded = all?.usage?.runsNotLoaded ?? 0;
        isWhole = notLoaded === lost;
        if (!isWhole) partial += 1;
      }
      const counted = runs.filter(({ reportsIn }) => reportsIn === 'record' || reportsIn === 'steps');
      const priced = counted.filter(({ model }) => model !== 'x').map(({ input, output }) => input + output);
      const { total } = await ask(key);
      const amount = priced.reduce((sum, tokens) => sum + tokens, 0) * PRICE;
      expect(total[0]?.usage?.estimatedCost.amount ?? 0).toBeCloseTo(amount, 9);
      expect(total[0]?.runCount).toBe(runs.length);
    }),
    { numRuns: 30 },
  );
  expect(partial).toBeGreaterThan(30);
});
