/** Tokens and cost of workflows, periods or models, one per row. */
import type { ReactNode } from 'react';
import { DataTable, type Column } from '../controls/data-table.tsx';
import { countOf, formatCost, formatCount } from '../format/numbers.ts';
import { amountOf, costOf, costText, modelName, type Counted, type ModelUsage } from './usage.ts';

export interface UsageRow {
  readonly key: string;
  /** Name to sort by. */
  readonly label: string;
  readonly name: ReactNode;
  readonly usage: Counted;
}

export interface UsageTableProps<Row extends UsageRow> {
  readonly of: string;
  readonly rows: readonly Row[];
  /** Content after the cost. */
  readonly columns?: readonly Column<Row>[];
  /** Models in the order of their colors. */
  readonly models: readonly string[];
}

export function UsageTable<Row extends UsageRow>({ of, rows, columns = [], models }: UsageTableProps<Row>) {
  const highest = Math.max(0, ...rows.map(({ usage }) => amountOf(usage)));
  const all: readonly Column<Row>[] = [
    { name: of, className: 'ellipsis', sortBy: ({ label }) => label, cell: ({ name }) => name },
    {
      name: 'Cost',
      isNumber: true,
      sortBy: ({ usage }) => costOf(usage)?.amount ?? null,
      cell: ({ usage }) => (
        <>
          <Amount usage={usage} />
          <LeftOut stepsUnpriced={costOf(usage)?.stepsUnpriced} />
          {usage && <ModelBar usages={usage.byModel} highest={highest} models={models} />}
        </>
      ),
    },
    ...columns,
    tokens('Tokens', 'totalTokens'),
    tokens('In', 'inputTokens'),
    tokens('Out', 'outputTokens'),
  ];
  return <DataTable label={`By ${of.toLowerCase()}`} columns={all} rows={rows} keyOf={({ key }) => key} />;
}

const tokens = (name: string, kind: keyof ModelUsage['counts']): Column<UsageRow> => ({
  name,
  isNumber: true,
  sortBy: ({ usage }) => usage?.counts[kind] ?? null,
  cell: ({ usage }) => (usage?.counts[kind] == null ? <NotReported /> : formatCount(usage.counts[kind])),
});

export interface RunsRow extends UsageRow {
  readonly runCount: number;
  readonly failedCount: number;
  /** Whether all of its runs were examined. */
  readonly isComplete: boolean;
  /** Whether no more runs can start in it. */
  readonly isOver?: boolean;
}

/** Number of runs, for rows that stand for runs. */
export const RUN_COLUMNS: readonly Column<RunsRow>[] = [
  {
    name: 'Of failed runs',
    isNumber: true,
    sortBy: ({ usage }) => usage?.failedCost?.amount ?? null,
    cell: ({ usage, failedCount }) => <FailedCost usage={usage} failedCount={failedCount} />,
  },
  {
    name: 'Runs',
    isNumber: true,
    sortBy: ({ runCount }) => runCount,
    cell: ({ usage, runCount, isComplete, isOver = true }) => (
      <>
        {formatCount(runCount)}
        {!isComplete && (isOver ? ' or more' : ' so far')}
        <LeftOut runsNotReporting={usage?.runsNotReporting} />
      </>
    ),
  },
];

/** Cost caused by failed runs. */
export function FailedCost({ usage, failedCount }: Pick<RunsRow, 'usage' | 'failedCount'>) {
  if (failedCount === 0) return <span className="muted">none</span>;
  const cost = costOf(usage) && usage?.failedCost;
  return cost ? formatCost(cost.amount, cost.currency) : <Amount usage={usage} />;
}

const NotReported = () => <span className="muted">not reported</span>;

/** A cost, or the reason that there is none. */
export const Amount = ({ usage }: { readonly usage: Counted | undefined }) => (
  <span className={costOf(usage) === null ? 'muted' : undefined}>{costText(usage)}</span>
);

interface LeftOutProps {
  readonly stepsUnpriced?: number | undefined;
  readonly runsNotReporting?: number | undefined;
}

/** What a value leaves out. */
export function LeftOut({ stepsUnpriced = 0, runsNotReporting = 0 }: LeftOutProps) {
  const parts = [
    ...(stepsUnpriced > 0 ? [`${countOf(stepsUnpriced, 'step')} not priced`] : []),
    ...(runsNotReporting > 0 ? [`${countOf(runsNotReporting, 'run')} not reported`] : []),
  ];
  return parts.length > 0 && <span className="fact-part"> {parts.join(', ')}</span>;
}

interface ModelBarProps {
  readonly usages: readonly ModelUsage[];
  /** The cost that fills the width. */
  readonly highest: number;
  /** Models in the order of their colors. */
  readonly models: readonly string[];
}

/** A cost as a bar, split by model. */
function ModelBar({ usages, highest, models }: ModelBarProps) {
  const parts = usages.flatMap((usage) => {
    const cost = costOf(usage);
    const name = modelName(usage);
    return cost?.amount == null
      ? []
      : [{ name, amount: cost.amount, color: models.indexOf(name), text: costText(usage) }];
  });
  if (parts.length === 0) return null;
  // A model has the same place in every bar.
  parts.sort((one, other) => one.color - other.color);
  const words = parts.map(({ name, text }) => `${name}: ${text}`).join('\n');
  return (
    <span className="model-bar" role="img" aria-label={words} title={words}>
      {parts.map(({ name, amount, color }) => (
        <span key={name} className={modelClass(color)} style={{ width: `${(100 * amount) / (highest || 1)}%` }} />
      ))}
    </span>
  );
}

/** Classes with a color each. Any further models share the last one. */
const COLOURS = ['status-running', 'status-completed', 'status-cancelled', 'status-unknown', 'status-skipped'] as const;
export const OTHER_MODELS = 4;

export const modelClass = (color: number): string => COLOURS[Math.max(0, color)] ?? COLOURS[OTHER_MODELS];
