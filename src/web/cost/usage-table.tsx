/** Tokens and price of workflows, times or models, a row each. */
import type { ReactNode } from 'react';
import { graphql } from '../__generated__/gql.ts';
import type { UsageFragment } from '../__generated__/graphql.ts';
import { DataTable, type Column } from '../controls/data-table.tsx';
import { formatCost, formatCount } from '../format/numbers.ts';

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
  }
`);

interface UsageRow {
  readonly key: string;
  readonly name: ReactNode;
  /** Left out of models. Null: its runs could not be read. */
  readonly runCount?: number | null;
  /** False: it may have had more runs than were looked at. */
  readonly isComplete?: boolean;
  /** False: more runs may start in it. */
  readonly isOver?: boolean;
  readonly usage:
    | (Pick<UsageFragment, 'counts' | 'estimatedCost'> &
        Partial<Pick<UsageFragment, 'runsNotReporting' | 'failedCost'>>)
    | null;
  /** Of the time before, as long as this one. */
  readonly before?: UsageFragment['failedCost'];
}

export interface UsageTableProps {
  readonly of: string;
  /** `TIME` keeps the order, `PRICE` has the highest price first. */
  readonly order: 'TIME' | 'PRICE';
  readonly rows: readonly UsageRow[];
}

const amountOf = ({ usage }: UsageRow): number => usage?.estimatedCost?.amount ?? -1;

export function UsageTable({ of, order, rows }: UsageTableProps) {
  const has = (name: keyof UsageRow): boolean => rows.some((row) => row[name] !== undefined);
  const highest = Math.max(0, ...rows.map(amountOf));
  const columns: readonly Column<UsageRow>[] = [
    { name: of, cell: ({ name }) => name },
    {
      name: 'Price',
      isNumber: true,
      cell: ({ usage }) => <Price usage={usage} highest={highest} />,
    },
    ...(has('runCount') ? [FAILED] : []),
    ...(has('before')
      ? [{ name: 'Time before', isNumber: true, cell: ({ before }: UsageRow) => priceText(before) }]
      : []),
    {
      name: 'Tokens',
      isNumber: true,
      cell: ({ usage, runCount }) =>
        usage?.counts.totalTokens == null ? (
          <Nothing isRead={usage !== null} runCount={runCount} />
        ) : (
          formatCount(usage.counts.totalTokens)
        ),
    },
    ...(has('runCount') ? [RUNS] : []),
    { name: 'Tokens in', isNumber: true, cell: ({ usage }) => formatCount(usage?.counts.inputTokens) },
    { name: 'Tokens out', isNumber: true, cell: ({ usage }) => formatCount(usage?.counts.outputTokens) },
  ];
  const ordered = order === 'PRICE' ? rows.toSorted((one, other) => amountOf(other) - amountOf(one)) : rows;
  return <DataTable label={`By ${of.toLowerCase()}`} columns={columns} rows={ordered} keyOf={({ key }) => key} />;
}

const FAILED: Column<UsageRow> = {
  name: 'Of failed runs',
  isNumber: true,
  cell: ({ usage }) => (usage?.counts.totalTokens == null ? '–' : priceText(usage.failedCost)),
};

const RUNS: Column<UsageRow> = {
  name: 'Runs',
  isNumber: true,
  cell: ({ usage, runCount, isComplete = true, isOver = true }) => (
    <>
      {usage && <Part count={usage.runsNotReporting} of="run" words="not counted" />}
      {formatCount(runCount)}
      {!isComplete && (isOver ? ' or more' : ' so far')}
    </>
  ),
};

interface NothingProps {
  readonly isRead: boolean;
  readonly runCount: number | null | undefined;
}

const Nothing = ({ isRead, runCount }: NothingProps) => (
  <span className="muted">
    {!isRead && runCount == null ? 'could not be read' : runCount === 0 ? '–' : 'nothing reported'}
  </span>
);

const priceText = (cost: UsageFragment['failedCost'] | undefined): string =>
  cost?.amount == null ? '–' : formatCost(cost.amount, cost.currency);

interface PriceProps {
  readonly usage: UsageRow['usage'];
  /** Of the table. */
  readonly highest: number;
}

function Price({ usage, highest }: PriceProps) {
  const cost = usage?.estimatedCost;
  // A price of nothing that was reported would be zero.
  if (usage?.counts.totalTokens == null) return '–';
  if (cost?.amount == null) return <span className="muted">not priced</span>;
  return (
    <>
      <Part count={cost.stepsUnpriced} of="step" words="not priced" />
      {formatCost(cost.amount, cost.currency)}
      <meter value={cost.amount} max={highest || 1} aria-hidden="true" />
    </>
  );
}

interface PartProps {
  readonly count: number | undefined;
  readonly of: string;
  readonly words: string;
}

function Part({ count, of, words }: PartProps) {
  if (!count) return null;
  return (
    <span className="fact-part">
      {formatCount(count)} {of}
      {count > 1 && 's'} {words}{' '}
    </span>
  );
}
