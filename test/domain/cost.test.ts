import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runCost, stepCost } from '../../src/domain/cost/cost.ts';
import type { PriceList } from '../../src/domain/cost/prices.ts';
import type { JsonObject, JsonValue } from '../../src/domain/types.ts';
import { priced, stepFacts } from './facts.ts';

const ALL = { input: 3e-6, cachedInput: 3e-7, cacheWrites: 3.75e-6, output: 1.5e-5, reasoning: 2e-5 };
const LONG = { input: 6e-6, cachedInput: 6e-7, output: 2.25e-5 };
const PRICES: PriceList = new Map([
  ['all', priced(ALL)],
  ['long', priced(ALL, [{ aboveInputTokens: 200_000, prices: LONG }])],
  ['plain', priced({ input: 1e-6, output: 2e-6 })],
  ['embedder', priced({ input: 2e-8 })],
  ['free', priced({ input: 0, output: 0 })],
]);

const step = (model: string | null, usage: JsonValue, inputs: JsonValue = null) =>
  stepFacts({ inputs, outputs: model === null ? { usage } : { model, usage } });
const costOf = (model: string | null, usage: JsonValue, inputs: JsonValue = null) =>
  stepCost(step(model, usage, inputs), PRICES);
const of = (amount: number) => ({ amount, currency: 'USD', stepsPriced: 1, stepsUnpriced: 0 });
const UNPRICED = { amount: null, currency: 'USD', stepsPriced: 0, stepsUnpriced: 1 };

/** The tokens of a call, by price. */
interface Call {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrites: number;
  readonly output: number;
  readonly reasoning: number;
}

/** The same call, as each vendor reports it. */
const USAGES: Readonly<Record<string, (call: Call) => JsonObject>> = {
  'chat completions': ({ input, cachedInput, cacheWrites, output, reasoning }) => ({
    prompt_tokens: input + cachedInput + cacheWrites,
    completion_tokens: output + reasoning,
    prompt_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: cacheWrites },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }),
  responses: ({ input, cachedInput, cacheWrites, output, reasoning }) => ({
    input_tokens: input + cachedInput + cacheWrites,
    output_tokens: output + reasoning,
    input_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: cacheWrites },
    output_tokens_details: { reasoning_tokens: reasoning },
  }),
  'Anthropic messages': ({ input, cachedInput, cacheWrites, output, reasoning }) => ({
    input_tokens: input,
    cache_read_input_tokens: cachedInput,
    cache_creation_input_tokens: cacheWrites,
    output_tokens: output + reasoning,
    output_tokens_details: { thinking_tokens: reasoning },
  }),
};

const tokens = fc.nat(100_000);
const call: fc.Arbitrary<Call> = fc.record({
  ...{ input: tokens, cachedInput: tokens, cacheWrites: tokens },
  ...{ output: tokens, reasoning: tokens },
});

describe('the cost of a step', () => {
  it.each(Object.entries(USAGES))('counts each token of %s once, at its specific or general price', (_, usageOf) => {
    fc.assert(
      fc.property(call, fc.constantFrom('all', 'long', 'plain', 'free'), (given, model) => {
        const { input, cachedInput, cacheWrites, output, reasoning } = given;
        const { prices, longInput } = PRICES.get(model) ?? priced({});
        const isLong = longInput.length > 0 && input + cachedInput + cacheWrites > 200_000;
        const price = { ...prices, ...(isLong && LONG) };
        const cost =
          input * (price.input ?? 0) +
          cachedInput * (price.cachedInput ?? price.input ?? 0) +
          cacheWrites * (price.cacheWrites ?? price.input ?? 0) +
          output * (price.output ?? 0) +
          reasoning * (price.reasoning ?? price.output ?? 0);
        expect(costOf(model, usageOf(given))?.amount).toBeCloseTo(cost, 12);
      }),
    );
  });

  it.each<[string, string, JsonObject, number]>([
    ['no output', 'embedder', { prompt_tokens: 50, total_tokens: 50 }, 0.000001],
    [
      'an input of exactly the long-input limit at the normal price',
      'long',
      { prompt_tokens: 200_000, completion_tokens: 0 },
      0.6,
    ],
    ['a long input at the higher price', 'long', { prompt_tokens: 200_001, completion_tokens: 0 }, 1.200006],
    [
      'at most as many cached and reasoning tokens as there are tokens',
      'all',
      {
        prompt_tokens: 10,
        completion_tokens: 10,
        prompt_tokens_details: { cached_tokens: 99 },
        completion_tokens_details: { reasoning_tokens: 99 },
      },
      0.000203,
    ],
    [
      'at most as many cache writes as the input has left',
      'all',
      { prompt_tokens: 10, completion_tokens: 0, input_tokens_details: { cached_tokens: 4, cache_write_tokens: 99 } },
      0.0000237,
    ],
  ])('counts %s', (_, model, usage, amount) => {
    expect(costOf(model, usage)).toEqual(of(amount));
  });

  it('uses the model that responded, otherwise the requested one', () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0 };
    expect(costOf('plain', usage, { model: 'all' })).toEqual(of(0.001));
    expect(costOf(null, usage, { model: 'plain' })).toEqual(of(0.001));
    expect(costOf('', usage, { model: 'plain' })).toEqual(of(0.001));
    // The model of the answer may have another price than the requested model.
    expect(costOf('unknown', usage, { model: 'plain' })).toEqual(UNPRICED);
  });

  it.each<[string, string | null, JsonObject]>([
    ['an unknown model', 'plain-2025', { prompt_tokens: 1, completion_tokens: 1 }],
    ['a model without a name', null, { prompt_tokens: 1, completion_tokens: 1 }],
    ['only a total', 'plain', { total_tokens: 7 }],
    ['only input', 'plain', { prompt_tokens: 7 }],
    ['only output', 'plain', { completion_tokens: 7 }],
    ['a total smaller than its part', 'plain', { prompt_tokens: 7, total_tokens: 6 }],
    ['output without a price', 'embedder', { prompt_tokens: 1, completion_tokens: 1 }],
    ['more tokens than a double represents exactly', 'plain', { prompt_tokens: 2 ** 53, completion_tokens: 1 }],
    ['a total that a double does not represent exactly', 'plain', { prompt_tokens: 1, total_tokens: 1e300 }],
  ])('is unknown for %s', (_, model, usage) => {
    expect(costOf(model, usage)).toEqual(UNPRICED);
  });

  it('is unknown for the plain token count of the upstream', () => {
    expect(stepCost(stepFacts({ tokens: 9, outputs: { model: 'plain' } }), PRICES)).toEqual(UNPRICED);
  });

  it('is null for a step that reports no tokens', () => {
    expect(costOf('plain', { prompt_tokens: -1 })).toBeNull();
  });
});

describe('the cost of a run', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100 };

  it('sums the cost of steps, and counts unpriced ones', () => {
    const steps = [step('plain', usage), stepFacts(), step('unknown', usage), step('plain', usage)];
    expect(runCost(steps, PRICES)).toEqual({ amount: 0.0024, currency: 'USD', stepsPriced: 2, stepsUnpriced: 1 });
  });

  it('is 0 without reported tokens, and unknown without priced steps', () => {
    expect(runCost([stepFacts()], PRICES)).toMatchObject({ amount: 0, stepsPriced: 0, stepsUnpriced: 0 });
    expect(runCost([step('unknown', usage)], PRICES)).toEqual(UNPRICED);
  });

  it('is exact where floating-point sums are not', () => {
    const tenth = step('plain', { prompt_tokens: 100_000, completion_tokens: 0 });
    expect(runCost([tenth, tenth, tenth], PRICES).amount).toBe(0.3);
  });
});
