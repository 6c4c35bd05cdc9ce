/** Tokens and price of some runs, as text. */
import { graphql } from '../__generated__/gql.ts';
import type { SpendingQuery, UsageFragment } from '../__generated__/graphql.ts';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { formatCost } from '../format/numbers.ts';

export const USAGE = graphql(`
  fragment Usage on UsageTrend {
    runsNotReporting
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
export type Price = Usage['failedCost'];

/** Null without a price, and for a usage that reports nothing: its price would be zero. */
export const priceOf = (usage: Pick<Usage, 'counts' | 'estimatedCost'> | null | undefined): Usage['estimatedCost'] =>
  usage?.counts.totalTokens == null || usage.estimatedCost?.amount == null ? null : usage.estimatedCost;

type Priced = Parameters<typeof priceOf>[0];

/** −1 without a price. */
export const amountOf = (usage: Priced): number => priceOf(usage)?.amount ?? -1;

/** Highest price first. */
export const byPrice = (one: Priced, other: Priced): number => amountOf(other) - amountOf(one);

/** Part of the price that failed runs caused. */
export const failedPriceOf = (
  usage: (Pick<Usage, 'counts' | 'estimatedCost'> & Partial<Usage>) | null | undefined,
): Price => (priceOf(usage) === null ? null : (usage?.failedCost ?? null));

export const priceText = (price: Price): string =>
  price?.amount == null ? '–' : formatCost(price.amount, price.currency);

interface Before {
  readonly isComplete: boolean;
  readonly usage: FragmentType<typeof USAGE> | null;
}

/** Null for a part of the time before only, which would look like a rise since then. */
export function priceBefore(before: Before | null | undefined): Price {
  const usage = readFragment(USAGE, before?.usage);
  return before?.isComplete === true && usage?.runsNotReporting === 0 ? priceOf(usage) : null;
}

export const modelName = ({ model }: Pick<Usage['byModel'][number], 'model'>): string => model ?? 'not named';

export type SpendingPart = NonNullable<SpendingQuery['parts']>[number];
