/** What the tokens of steps cost. Amounts are exact inside, so that a sum is the same in any order. */
import type { BilledTokens, StepFacts } from '../types.ts';
import { pricesFor, type PriceList, type TokenPrices } from './prices.ts';

export interface Cost {
  /** Null where there are steps to price, and none has a price. */
  readonly amount: number | null;
  readonly currency: string;
  readonly stepsPriced: number;
  readonly stepsUnpriced: number;
}

/** Of the price list, which has no other. */
const CURRENCY = 'USD';

type Billed = Pick<StepFacts, 'billedTokens'>;

/** Null for a step that reports no tokens. */
export const stepCost = ({ billedTokens }: Billed, prices: PriceList): Cost | null =>
  billedTokens && costOf([billedTokens], prices);

/** The sum over its steps, failed ones too. */
export const runCost = (steps: readonly Billed[], prices: PriceList): Cost =>
  costOf(
    steps.flatMap(({ billedTokens }) => billedTokens ?? []),
    prices,
  );

function costOf(calls: readonly BilledTokens[], prices: PriceList): Cost {
  const sum = createCostSum();
  for (const call of calls) sum.add(attodollarsOf(call, prices));
  return sum.cost();
}

/** Of amounts by `attodollarsOf`. */
export function createCostSum() {
  let total = 0n;
  let [stepsPriced, stepsUnpriced] = [0, 0];
  return {
    add(amount: bigint | null): void {
      if (amount === null) {
        stepsUnpriced += 1;
        return;
      }
      total += amount;
      stepsPriced += 1;
    },
    cost(): Cost {
      const isKnown = stepsPriced > 0 || stepsUnpriced === 0;
      return { amount: isKnown ? Number(total) / ATTODOLLARS : null, currency: CURRENCY, stepsPriced, stepsUnpriced };
    },
  };
}

/** Fine enough for any price a token. */
const ATTODOLLARS = 1e18;

/** Null where the model has no name or no price, or not all counts are known: a part of a cost would be wrong. */
export function attodollarsOf({ model, counts }: BilledTokens, list: PriceList): bigint | null {
  const ofModel = model === null ? undefined : list.get(model);
  if (!ofModel || !counts) return null;
  const prices = pricesFor(ofModel, counts.input);
  const { input, cachedInput, cacheWrites, output, reasoning } = counts;
  const parts: readonly (readonly [count: number, price: number | null])[] = [
    [input - cachedInput - cacheWrites, prices.input],
    [cachedInput, prices.cachedInput ?? prices.input],
    [cacheWrites, prices.cacheWrites ?? prices.input],
    [output - reasoning, prices.output],
    [reasoning, prices.reasoning ?? prices.output],
  ];
  return parts.reduce<bigint | null>((sum, [count, price]) => {
    if (sum === null || (price === null && count > 0)) return null;
    return sum + BigInt(count) * attodollars(price);
  }, 0n);
}

const attodollars = (price: TokenPrices['input']): bigint => BigInt(Math.round((price ?? 0) * ATTODOLLARS));
