/** Cost of the tokens of steps. Amounts are exact integers, so sums don't depend on the order. */
import { billedCounts } from '../run/usage.ts';
import type { ReportedTokens, Step, StepFacts, TokenUsage } from '../types.ts';
import { pricesFor, type PriceList, type TokenPrices } from './prices.ts';

export interface Cost {
  /** Amount, or null if there are steps but none has a price. */
  readonly amount: number | null;
  readonly currency: string;
  readonly stepsPriced: number;
  readonly stepsUnpriced: number;
}

/** Currency of the price list. */
const CURRENCY = 'USD';

type Reporting = Pick<StepFacts, 'reportedTokens'>;

/** Returns null if the step reports no tokens. */
export const stepCost = ({ reportedTokens: { usage } }: Reporting, prices: PriceList): Cost | null =>
  usage && costOf([usage], prices);

/** Sum over all steps, including failed ones. */
export const runCost = (steps: readonly Reporting[], prices: PriceList): Cost =>
  costOf(
    steps.flatMap(({ reportedTokens }) => reportedTokens.usage ?? []),
    prices,
  );

/** Cost of the executions in `timing.wastedMs`. */
export const wastedCost = (steps: readonly (Reporting & Pick<Step, 'isSuperseded'>)[], prices: PriceList): Cost =>
  runCost(
    steps.filter(({ isSuperseded }) => isSuperseded),
    prices,
  );

function costOf(usages: readonly TokenUsage[], prices: PriceList): Cost {
  const sum = createCostSum();
  for (const usage of usages) sum.add(attodollarsOf(usage, usage.billedModel, prices));
  return sum.cost();
}

/** Adds amounts of `attodollarsOf`. */
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

/** Attodollars per dollar: fine enough for any price per token. */
const ATTODOLLARS = 1e18;

/** Returns null if the model is unknown or unpriced, or a count is unknown: a partial cost would be wrong. */
export function attodollarsOf(tokens: ReportedTokens, model: string | null, list: PriceList): bigint | null {
  const ofModel = model === null ? undefined : list.get(model);
  const counts = ofModel && billedCounts(tokens);
  if (!counts) return null;
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
