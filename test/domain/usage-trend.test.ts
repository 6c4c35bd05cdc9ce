import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runCost } from '../../src/domain/cost/cost.ts';
import type { PriceList } from '../../src/domain/cost/prices.ts';
import { readReport, runTokenUsage } from '../../src/domain/run/tokens.ts';
import { equalParts, trendOf } from '../../src/domain/workflow/trend.ts';
import { usageTrends, type RunOfUsage, type UsageTrend } from '../../src/domain/workflow/usage-trend.ts';
import type { JsonValue, RunRecord, StepFacts } from '../../src/domain/types.ts';
import { at, priced, runRecord, stepFacts } from './facts.ts';

const PRICE = { input: 1e-6, cachedInput: 1e-7, output: 2e-6 };
const PRICES: PriceList = new Map([
  ['a', priced(PRICE)],
  ['b', priced(PRICE, [{ aboveInputTokens: 1000, prices: { input: 5e-6 } }])],
]);

/** As the wire contract reads them: only outputs that report tokens are kept. */
const tokensOf = (outputs: readonly JsonValue[]): RunRecord['nodeTokens'] =>
  outputs.map(readReport).filter((reported) => reported !== null);
const record = (outputs: readonly JsonValue[], second = 0, rawStatus = 'completed'): RunRecord =>
  runRecord({ id: `${second}`, rawStatus, startTime: at(second), nodeTokens: tokensOf(outputs) });
const usagesOf = (steps: readonly StepFacts[]) => steps.flatMap(({ reportedTokens }) => reportedTokens.usage ?? []);

function usageOf(lists: readonly (readonly RunRecord[])[], prices: PriceList | null = PRICES) {
  return usageOfRuns(
    lists.map((records) => records.map((record) => ({ record, steps: [] }))),
    prices,
  );
}

function usageOfRuns(lists: readonly (readonly RunOfUsage[])[], prices: PriceList | null = PRICES) {
  const work = usageTrends(lists, prices);
  let [step, pieces] = [work.next(), 0];
  for (; !step.done; step = work.next()) pieces += 1;
  return { usages: step.value, pieces };
}

const model = (name: string | null, input: number, output: number, cached?: number): JsonValue => ({
  ...(name !== null && { model: name }),
  usage: {
    ...{ prompt_tokens: input, completion_tokens: output },
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
  },
});

describe('the usage of the runs of a bucket', () => {
  const cost = (amount: number | null, stepsPriced: number, stepsUnpriced: number) => ({
    ...{ amount, currency: 'USD', stepsPriced, stepsUnpriced },
  });

  it('counts a run without recorded tokens once by its steps, including retries', () => {
    const steps = usagesOf([
      stepFacts({ rawStatus: 'failed', outputs: model('a', 100, 10) }),
      stepFacts({ outputs: model('a', 100, 20) }),
      // The model of the inputs has a price.
      stepFacts({ inputs: { model: 'a' }, outputs: model(null, 10, 0) }),
    ]);
    const runs: RunOfUsage[] = [
      { record: record([model('a', 1, 1)]), steps },
      { record: record([], 1, 'failed'), steps },
      { record: record([], 2), steps: [] },
      { record: record([], 3), steps: null },
      { record: record([model('a', 1000, 0), model('x', 1, 1)], 4, 'failed'), steps: null },
    ];
    expect(usageOfRuns([runs]).usages).toMatchObject([
      {
        ...{
          runsReporting: 2,
          runsFromSteps: 1,
          runsNotReporting: 1,
          runsNotLoaded: 1,
          stepsReporting: 6,
          totalTokens: 1244,
        },
        // In millionths: 210 × 1 + 30 × 2 of the steps, 3 of the first record and 1000 of the last.
        estimatedCost: cost(0.001273, 5, 1),
        failedCost: cost(0.00127, 4, 1),
        byModel: [{ model: 'a' }, { model: null, estimatedCost: cost(0.00001, 1, 0) }, { model: 'x' }],
      },
    ]);
    expect(usageOfRuns([runs.slice(1, 2)], null).usages).toMatchObject([{ runsFromSteps: 1, failedCost: null }]);
    expect(usageOfRuns([runs.slice(2, 3)]).usages).toEqual([null]);
    // Its steps may report tokens.
    expect(usageOfRuns([runs.slice(3, 4)]).usages).toMatchObject([{ runsNotLoaded: 1, totalTokens: null }]);
  });

  it('has a cost only with prices, and is null without reported tokens', () => {
    const { usages } = usageOf([[record([model('a', 1, 1)])], [record(['text'])], []], null);
    expect(usages).toMatchObject([
      { totalTokens: 2, estimatedCost: null, byModel: [{ estimatedCost: null }] },
      null,
      null,
    ]);
    expect(usages.slice(1)).toEqual([null, null]);
  });

  it('is computed in pieces, one per record', () => {
    const records = Array.from({ length: 50 }, () => record([model('a', 1, 1)]));
    expect(usageOf([records.slice(0, 20), records.slice(20)]).pieces).toBe(50);
  });

  const arbitraryOutput: fc.Arbitrary<JsonValue> = fc.oneof(
    fc.constantFrom<JsonValue>('text', null, { answer: 1 }, { usage: { total_tokens: 7 } }),
    fc
      .tuple(
        fc.constantFrom('a', 'b', 'x', null),
        fc.nat(3000),
        fc.nat(3000),
        fc.option(fc.nat(50), { nil: undefined }),
      )
      .map(([name, input, output, cached]) => model(name, input, output, cached)),
  );
  const arbitraryRuns = fc.array(fc.tuple(fc.nat(40), fc.array(arbitraryOutput, { maxLength: 6 })), { maxLength: 30 });
  const sum = (values: readonly (number | null | undefined)[]) =>
    values.reduce<number>((all, value) => all + (value ?? 0), 0);

  it('adds up over buckets to the tokens and cost of all runs', () => {
    fc.assert(
      fc.property(arbitraryRuns, fc.integer({ min: 1, max: 12 }), (runs, count) => {
        const records = runs.map(([second, outputs]) => record(outputs, second));
        const trend = trendOf(records, equalParts(count), { startedAfter: null, startedBefore: null, isWhole: true });
        const found = usageOf(trend.map((bucket) => bucket.records)).usages;
        const usages = found.filter((usage) => usage !== null);
        const steps = runs.flatMap(([, outputs]) => outputs.map((output) => stepFacts({ outputs: output })));
        const all = runTokenUsage(steps);
        for (const key of [
          'inputTokens',
          'outputTokens',
          'totalTokens',
          'cachedInputTokens',
          'stepsReporting',
        ] as const) {
          expect(sum(usages.map((usage) => usage[key]))).toBe(all[key] ?? 0);
          for (const { model: name, ...ofModel } of all.byModel) {
            const parts = usages.flatMap(({ byModel }) => byModel.filter((part) => part.model === name));
            expect(sum(parts.map((part) => part[key]))).toBe(ofModel[key] ?? 0);
          }
        }
        const costIn = (name: 'amount' | 'stepsPriced' | 'stepsUnpriced') =>
          sum(usages.map((usage) => usage.estimatedCost?.[name]));
        const whole = runCost(steps, PRICES);
        expect(costIn('amount')).toBeCloseTo(whole.amount ?? 0, 12);
        expect([costIn('stepsPriced'), costIn('stepsUnpriced')]).toEqual([whole.stepsPriced, whole.stepsUnpriced]);
        for (const [index, usage] of found.entries()) expect(countRuns(usage)).toBe(usage && trend[index]?.runCount);
      }),
    );
  });

  const countRuns = (usage: UsageTrend | null) =>
    usage && usage.runsReporting + usage.runsFromSteps + usage.runsNotReporting + usage.runsNotLoaded;
});
