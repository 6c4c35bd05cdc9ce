/** Tokens and cost of many runs, from their records, or from their steps where these were loaded. */
import { attodollarsOf, createCostSum, type Cost } from '../cost/cost.ts';
import type { PriceList } from '../cost/prices.ts';
import type { RunRecord, TokenCounts, TokenUsage } from '../types.ts';
import { addTokens, compareModels, createTokenSum, type TokenSum } from '../run/tokens.ts';

/** Sums over the outputs of nodes or steps. */
interface UsageSum extends Readonly<TokenSum> {
  /** Estimated cost, or null without a price list. */
  readonly estimatedCost: Cost | null;
}

export interface ModelUsageTrend extends UsageSum {
  /** Model, or null for all outputs without a model name. */
  readonly model: string | null;
}

export interface UsageTrend extends UsageSum {
  readonly runsReporting: number;
  readonly runsFromSteps: number;
  readonly runsNotReporting: number;
  readonly runsNotLoaded: number;
  /** Part of the cost caused by failed runs, or null without a price list. */
  readonly failedCost: Cost | null;
  readonly byModel: readonly ModelUsageTrend[];
}

export interface RunOfUsage {
  readonly record: Pick<RunRecord, 'status' | 'nodeTokens'>;
  /** Usages of its steps, read if the record reports nothing. Empty if not requested, null if missing. */
  readonly steps: readonly TokenUsage[] | null;
}

/** One trend per list of runs, or null if all were read and none reports tokens. Yields after each run. */
export function* usageTrends(
  lists: readonly (readonly RunOfUsage[])[],
  prices: PriceList | null,
): Generator<void, (UsageTrend | null)[], void> {
  const trends: (UsageTrend | null)[] = [];
  for (const runs of lists) trends.push(yield* usageTrend(runs, prices));
  return trends;
}

function* usageTrend(runs: readonly RunOfUsage[], prices: PriceList | null): Generator<void, UsageTrend | null, void> {
  const all = createUsageSum(prices);
  const failed = createCostSum();
  const byModel = new Map<string | null, ReturnType<typeof createUsageSum>>();
  let [runsReporting, runsFromSteps, runsNotLoaded] = [0, 0, 0];
  for (const { record, steps } of runs) {
    const isReporting = record.nodeTokens.length > 0;
    if (isReporting) runsReporting += 1;
    else if (steps === null) runsNotLoaded += 1;
    else if (steps.length > 0) runsFromSteps += 1;
    // A record has no inputs, which may name the model if the output doesn't.
    const reports = isReporting
      ? record.nodeTokens.map((tokens) => ({ tokens, billedModel: tokens.model }))
      : (steps ?? []).map((tokens) => ({ tokens, billedModel: tokens.billedModel }));
    for (const { tokens, billedModel } of reports) {
      const ofModel = byModel.get(tokens.model) ?? createUsageSum(prices);
      byModel.set(tokens.model, ofModel);
      const amount = prices && attodollarsOf(tokens, billedModel, prices);
      all.add(tokens, amount);
      ofModel.add(tokens, amount);
      if (record.status === 'FAILED') failed.add(amount);
    }
    yield;
  }
  const otherRuns = runsReporting + runsFromSteps + runsNotLoaded;
  if (otherRuns === 0) return null;
  return {
    ...all.sum(),
    runsReporting,
    runsFromSteps,
    runsNotReporting: runs.length - otherRuns,
    runsNotLoaded,
    failedCost: prices && failed.cost(),
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
