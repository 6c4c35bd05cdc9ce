import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runCost, stepCost } from '../../src/domain/cost/cost.ts';
import type { ModelPrices, PriceList, TokenPrices } from '../../src/domain/cost/prices.ts';
import { runTokenUsage } from '../../src/domain/run/tokens.ts';
import type { JsonObject, JsonValue } from '../../src/domain/types.ts';
import { arbitrarySteps, stepFacts } from '../support/facts.ts';

const NONE: TokenPrices = { input: null, cachedInput: null, cacheWrites: null, output: null, reasoning: null };
const priced = (prices: Partial<TokenPrices>, longInput: ModelPrices['longInput'] = []): ModelPrices => ({
  prices: { ...NONE, ...prices },
  longInput,
});

const PRICES: PriceList = new Map([
  ['small', priced({ input: 4e-7, cachedInput: 1e-7, output: 1.6e-6 })],
  ['plain', priced({ input: 1e-6, output: 2e-6 })],
  ['thinker', priced({ input: 1e-6, output: 2e-6, reasoning: 3e-6 })],
  ['embedder', priced({ input: 2e-8 })],
  ['free', priced({ input: 0, output: 0 })],
  [
    'sonnet',
    priced({ input: 3e-6, cachedInput: 3e-7, cacheWrites: 3.75e-6, output: 1.5e-5 }, [
      { aboveInputTokens: 200_000, prices: { input: 6e-6, cachedInput: 6e-7, output: 2.25e-5 } },
    ]),
  ],
]);

const step = (model: string | null, usage: JsonValue, inputs: JsonValue = null) =>
  stepFacts({ inputs, outputs: model === null ? { usage } : { model, usage } });
const costOf = (model: string | null, usage: JsonValue, inputs: JsonValue = null) =>
  stepCost(step(model, usage, inputs), PRICES);
const of = (amount: number) => ({ amount, currency: 'USD', stepsPriced: 1, stepsUnpriced: 0 });
const UNPRICED = { amount: null, currency: 'USD', stepsPriced: 0, stepsUnpriced: 1 };

describe('the cost of a step', () => {
  it.each<[string, string, JsonObject, number]>([
    // 1000 × 0.4 + 100 × 1.6, in millionths.
    ['input and output', 'small', { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }, 0.00056],
    // 200 × 0.4 + 800 × 0.1 + 100 × 1.6
    [
      'cached input once, at its price',
      'small',
      { prompt_tokens: 1000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 800 } },
      0.00032,
    ],
    // 1000 × 1 + 100 × 2
    [
      'cached input at the full price where it has none',
      'plain',
      { input_tokens: 1000, output_tokens: 100, input_tokens_details: { cached_tokens: 800 } },
      0.0012,
    ],
    // 10 × 1 + 20 × 2 + 80 × 3
    [
      'reasoning once, at its price',
      'thinker',
      { prompt_tokens: 10, completion_tokens: 100, completion_tokens_details: { reasoning_tokens: 80 } },
      0.00029,
    ],
    // 10 × 1 + 100 × 2
    [
      'reasoning as output where it has none',
      'plain',
      { prompt_tokens: 10, completion_tokens: 100, completion_tokens_details: { reasoning_tokens: 80 } },
      0.00021,
    ],
    // Anthropic's input stands beside its cache: 10 × 3 + 1000 × 0.3 + 200 × 3.75 + 100 × 15
    [
      'what was read from and written to a cache',
      'sonnet',
      { input_tokens: 10, cache_read_input_tokens: 1000, cache_creation_input_tokens: 200, output_tokens: 100 },
      0.00258,
    ],
    // The same, as services say it that follow OpenAI: 1210 are all of them.
    [
      'the same where all are told in one',
      'sonnet',
      {
        prompt_tokens: 1210,
        completion_tokens: 100,
        total_tokens: 1310,
        prompt_tokens_details: { cached_tokens: 1000 },
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 200,
      },
      0.00258,
    ],
    // The same, where what was written is told among the details.
    [
      'the same by details of a prompt',
      'sonnet',
      {
        prompt_tokens: 1210,
        completion_tokens: 100,
        prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 200 },
        cache_creation_input_tokens: 9,
      },
      0.00258,
    ],
    [
      'the same by details of an input',
      'sonnet',
      {
        input_tokens: 1210,
        output_tokens: 100,
        input_tokens_details: { cached_tokens: 1000, cache_write_tokens: 200 },
      },
      0.00258,
    ],
    // 1 × 6 + 200,000 × 0.6 + 10 × 22.5
    [
      'a long input, by all that is in it',
      'sonnet',
      { input_tokens: 1, cache_read_input_tokens: 200_000, output_tokens: 10 },
      0.120231,
    ],
    // 200,000 × 0.3 + 10 × 15
    [
      'an input that is just not long',
      'sonnet',
      { input_tokens: 0, cache_read_input_tokens: 200_000, output_tokens: 10 },
      0.06015,
    ],
    ['no output', 'embedder', { prompt_tokens: 50, total_tokens: 50 }, 0.000001],
    ['nothing', 'free', { prompt_tokens: 50, completion_tokens: 50 }, 0],
    // Parts are never more than what they are parts of: 10 × 0.1 + 5 × 1.6
    [
      'parts that are told too large',
      'small',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 99 } },
      0.000009,
    ],
    // 4 × 0.3 + 6 × 3.75
    [
      'no more writes to a cache than the input has left',
      'sonnet',
      {
        prompt_tokens: 10,
        completion_tokens: 0,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 99 },
      },
      0.0000237,
    ],
  ])('counts %s', (_, model, usage, amount) => {
    expect(costOf(model, usage)).toEqual(of(amount));
  });

  it('is by the model that answered, else the one that was asked', () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0 };
    expect(costOf('plain', usage, { model: 'small' })).toEqual(of(0.001));
    expect(costOf(null, usage, { model: 'small' })).toEqual(of(0.0004));
    expect(costOf('', usage, { model: 'small' })).toEqual(of(0.0004));
    // The name of what answered is not in the list: what was asked may have been another price.
    expect(costOf('unknown', usage, { model: 'small' })).toEqual(UNPRICED);
  });

  it.each<[string, string | null, JsonObject]>([
    ['an unknown model', 'small-2025', { prompt_tokens: 1, completion_tokens: 1 }],
    ['a model with a provider before its name', 'openai/small', { prompt_tokens: 1, completion_tokens: 1 }],
    ['a model without a name', null, { prompt_tokens: 1, completion_tokens: 1 }],
    ['a name that every object has', 'constructor', { prompt_tokens: 1, completion_tokens: 1 }],
    ['a total alone', 'small', { total_tokens: 7 }],
    ['input alone', 'small', { prompt_tokens: 7 }],
    ['an input of 0 alone', 'small', { prompt_tokens: 0 }],
    ['output alone', 'small', { completion_tokens: 7 }],
    ['a total that is less than its part', 'small', { prompt_tokens: 7, total_tokens: 6 }],
    ['output without a price', 'embedder', { prompt_tokens: 1, completion_tokens: 1 }],
    ['more than a double tells exactly', 'small', { prompt_tokens: 2 ** 53, completion_tokens: 1 }],
    ['more than a double holds in any unit', 'small', { prompt_tokens: 1e300, completion_tokens: 1 }],
    ['a rest of such a total', 'small', { prompt_tokens: 1, total_tokens: 1e300 }],
  ])('is not guessed for %s', (_, model, usage) => {
    expect(costOf(model, usage)).toEqual(UNPRICED);
  });

  it('is not guessed for a count of the upstream, which has no parts', () => {
    expect(stepCost(stepFacts({ tokens: 9, outputs: { model: 'small' } }), PRICES)).toEqual(UNPRICED);
  });

  it('is null for a step that reports no tokens', () => {
    expect(stepCost(stepFacts({ outputs: { model: 'small' } }), PRICES)).toBeNull();
    expect(costOf('small', { prompt_tokens: -1 })).toBeNull();
  });
});

describe('the cost of a run', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100 };

  it('is that of its steps, and says how many have no price', () => {
    const steps = [
      step('small', usage),
      stepFacts(),
      step('unknown', usage),
      step('plain', usage),
      step('small', usage),
    ];
    expect(runCost(steps, PRICES)).toEqual({ amount: 0.00232, currency: 'USD', stepsPriced: 3, stepsUnpriced: 1 });
  });

  it('is 0 without steps that report tokens', () => {
    for (const steps of [[], [stepFacts()]]) {
      expect(runCost(steps, PRICES)).toEqual({ amount: 0, currency: 'USD', stepsPriced: 0, stepsUnpriced: 0 });
    }
  });

  it('is not known where no step has a price', () => {
    const steps = [step('unknown', usage), step('unknown', usage)];
    expect(runCost(steps, PRICES)).toEqual({ amount: null, currency: 'USD', stepsPriced: 0, stepsUnpriced: 2 });
  });

  it('is exact where sums of floating point numbers are not', () => {
    const tenth = stepFacts({ outputs: { model: 'small', usage: { prompt_tokens: 250_000, completion_tokens: 0 } } });
    expect([0.1, 0.1, 0.1].reduce((sum, each) => sum + each)).not.toBe(0.3);
    expect(runCost([tenth, tenth, tenth], PRICES).amount).toBe(0.3);
  });

  const count = fc.oneof(fc.nat({ max: 500_000 }), fc.constantFrom(0, 2 ** 53 - 1));
  const arbitraryCalls = fc.array(
    fc
      .record({
        model: fc.constantFrom(...PRICES.keys(), 'unknown'),
        usage: fc.record(
          {
            ...{ prompt_tokens: count, input_tokens: count, completion_tokens: count, total_tokens: count },
            ...{ cache_read_input_tokens: count, cache_creation_input_tokens: count },
            prompt_tokens_details: fc.record({ cached_tokens: count }, { requiredKeys: [] }),
            completion_tokens_details: fc.record({ reasoning_tokens: count }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
      })
      .map(({ model, usage: told }) => step(model, told as JsonObject)),
    { maxLength: 20 },
  );
  const arbitraryRun = fc.oneof(arbitraryCalls, arbitrarySteps());
  const closeTo = (value: number) => ({ min: value - value * 1e-12, max: value + value * 1e-12 });

  it('is the sum of its steps, whatever they tell', () => {
    fc.assert(
      fc.property(arbitraryRun, (steps) => {
        const costs = steps.flatMap((each) => stepCost(each, PRICES) ?? []);
        const whole = runCost(steps, PRICES);
        const sum = (key: 'amount' | 'stepsPriced' | 'stepsUnpriced') =>
          costs.reduce((total, cost) => total + (cost[key] ?? 0), 0);
        const { min, max } = closeTo(sum('amount'));
        expect(whole.amount ?? 0).toBeGreaterThanOrEqual(min);
        expect(whole.amount ?? 0).toBeLessThanOrEqual(max);
        expect(whole).toMatchObject({ stepsPriced: sum('stepsPriced'), stepsUnpriced: sum('stepsUnpriced') });
        expect(whole.stepsPriced + whole.stepsUnpriced).toBe(runTokenUsage(steps).stepsReporting);
      }),
    );
  });

  it('is the same to the last digit in any order', () => {
    fc.assert(
      fc.property(arbitraryCalls, fc.infiniteStream(fc.nat()), (steps, random) => {
        const shuffled = steps.map((each) => [random.next().value ?? 0, each] as const).sort(([a], [b]) => a - b);
        expect(
          runCost(
            shuffled.map(([, each]) => each),
            PRICES,
          ),
        ).toEqual(runCost(steps, PRICES));
      }),
    );
  });

  it('is at most every token at its dearest price', () => {
    fc.assert(
      fc.property(arbitraryCalls, (steps) => {
        const { totalTokens } = runTokenUsage(steps);
        const all = steps.reduce((sum, each) => {
          const { inputTokens, outputTokens, totalTokens: total } = runTokenUsage([each]);
          return sum + Math.max(total ?? 0, (inputTokens ?? 0) + (outputTokens ?? 0));
        }, 0);
        expect(all).toBeGreaterThanOrEqual(totalTokens ?? 0);
        expect(runCost(steps, PRICES).amount ?? 0).toBeLessThanOrEqual(closeTo(all * 2.25e-5).max);
      }),
    );
  });
});
