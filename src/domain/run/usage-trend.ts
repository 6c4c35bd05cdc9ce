/** Tokens and cost of many runs, from records only: one call loads a page of records, but the steps of only one run. */
import { attodollarsOf, createCostSum, type Cost } from '../cost/cost.ts';
import type { PriceList } from '../cost/prices.ts';
import type { RunRecord, TokenCounts } from '../types.ts';
import { addTokens, compareModels, createTokenSum, type TokenSum } from './tokens.ts';

/** Sums over the node outputs in the records. */
interface UsageSum extends Readonly<TokenSum> {
  /** Null without a price list. */
  readonly estimatedCost: Cost | null;
}

export interface ModelUsageTrend extends UsageSum {
  /** Null for all outputs without a model name. */
  readonly model: string | null;
}

export interface UsageTrend extends UsageSum {
  readonly runsReporting: number;
  readonly runsNotReporting: number;
  readonly byModel: readonly ModelUsageTrend[];
}

type Records = readonly Pick<RunRecord, 'nodeTokens'>[];

/** One trend per list of records, null if none of its records reports tokens. Yields after each record. */
export function* usageTrends(
  lists: readonly Records[],
  prices: PriceList | null,
): Generator<void, (UsageTrend | null)[], void> {
  const trends: (UsageTrend | null)[] = [];
  for (const records of lists) trends.push(yield* usageTrend(records, prices));
  return trends;
}

function* usageTrend(records: Records, prices: PriceList | null): Generator<void, UsageTrend | null, void> {
  const all = createUsageSum(prices);
  const byModel = new Map<string | null, ReturnType<typeof createUsageSum>>();
  let runsReporting = 0;
  for (const { nodeTokens } of records) {
    if (nodeTokens.length > 0) runsReporting += 1;
    for (const tokens of nodeTokens) {
      const { model } = tokens;
      const ofModel = byModel.get(model) ?? createUsageSum(prices);
      byModel.set(model, ofModel);
      const amount = prices && attodollarsOf(tokens, model, prices);
      all.add(tokens, amount);
      ofModel.add(tokens, amount);
    }
    yield;
  }
  if (runsReporting === 0) return null;
  return {
    ...all.sum(),
    runsReporting,
    runsNotReporting: records.length - runsReporting,
    byModel: [...byModel].map(([model, ofModel]) => ({ model, ...ofModel.sum() })).sort(compareModels),
  };
}

function createUsageSum(prices: PriceList | null) {
  const tokens = createTokenSum();
  const costs = createCostSum();
  return {
    add(reported: TokenCounts, amount: bigint | null): void {
      addTokens(tokens, reported);
      costs.add(amount);
    },
    sum: (): UsageSum => ({ ...tokens, estimatedCost: prices && costs.cost() }),
  };
}
