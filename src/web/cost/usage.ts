/** Tokens and cost of runs as strings. */
import { graphql } from '../__generated__/gql.ts';
import type { UsageFragment } from '../__generated__/graphql.ts';
import { formatCost } from '../format/numbers.ts';

export const USAGE = graphql(`
  fragment Usage on UsageTrend {
    runsNotReporting
    runsNotLoaded
    counts {
      inputTokens
      outputTokens
      totalTokens
    }
    estimatedCost {
      amount
      currency
      stepsUnpriced
    }
    failedCost {
      amount
      currency
    }
    byModel {
      model
      counts {
        inputTokens
        outputTokens
        totalTokens
      }
      estimatedCost {
        amount
        currency
        stepsUnpriced
      }
    }
  }
`);

export type Usage = UsageFragment;
export type ModelUsage = Usage['byModel'][number];

/** Usage of runs; `null` if they report none. */
export type Counted = (Pick<Usage, 'counts' | 'estimatedCost' | 'byModel'> & Partial<Usage>) | null;

/** `null` without prices, and for a usage that reports nothing: its cost would be zero. */
export const costOf = (usage: Pick<Usage, 'counts' | 'estimatedCost'> | null | undefined): Usage['estimatedCost'] =>
  usage?.counts.totalTokens == null || usage.estimatedCost?.amount == null ? null : usage.estimatedCost;

type Priced = Parameters<typeof costOf>[0];

/** −1 without a cost. */
export const amountOf = (usage: Priced): number => costOf(usage)?.amount ?? -1;

/** Highest cost first. */
export const byCost = (one: Priced, other: Priced): number => amountOf(other) - amountOf(one);

export const costText = (usage: Priced): string => {
  if (usage?.counts.totalTokens == null) return 'not reported';
  const cost = costOf(usage);
  return cost === null ? 'not priced' : formatCost(cost.amount, cost.currency);
};

export const modelName = ({ model }: Pick<ModelUsage, 'model'>): string => model ?? 'not named';
