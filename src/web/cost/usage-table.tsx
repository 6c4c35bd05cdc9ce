/** Tokens and price of workflows, times or models, a row each. */
import type { ReactNode } from 'react';
import { DataTable, type Column } from '../controls/data-table.tsx';
import { countOf, formatCount } from '../format/numbers.ts';
import { amountOf, byPrice, failedPriceOf, modelName, priceOf, priceText, type Price, type Usage } from './usage.ts';

interface UsageRow {
  readonly key: string;
  readonly name: ReactNode;
  /** Left out of models. Null: its runs could not be read. */
  readonly runCount?: number | null;
  /** False: it may have had more runs than were looked at. */
  readonly isComplete?: boolean;
  /** False: more runs may start in it. */
  readonly isOver?: boolean;
  readonly usage: (Pick<Usage, 'counts' | 'estimatedCost' | 'byModel'> & Partial<Usage>) | null;
  /** Of the time before, as long as this one. */
  readonly before?: Price;
  /** What changed in this time. */
  readonly changes?: ReactNode;
}

export interface UsageTableProps {
  readonly of: string;
  /** `TIME` keeps the order, `PRICE` has the highest price first. */
  readonly order: 'TIME' | 'PRICE';
  readonly rows: readonly UsageRow[];
  /** In the order of their colours. */
  readonly models: readonly string[];
}

export function UsageTable({ of, order, rows, models }: UsageTableProps) {
  const has = (name: keyof UsageRow): boolean => rows.some((row) => row[name] !== undefined);
  const highest = Math.max(0, ...rows.map(({ usage }) => amountOf(usage)));
  const columns: readonly Column<UsageRow>[] = [
    { name: of, className: 'ellipsis', cell: ({ name }) => name },
    {
      name: 'Price',
      isNumber: true,
      cell: (row) => <PriceCell row={row} highest={highest} models={models} />,
    },
    ...(has('runCount') ? [FAILED] : []),
    ...(has('before') ? [BEFORE] : []),
    ...(has('changes') ? [CHANGES] : []),
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
  const ordered = order === 'PRICE' ? rows.toSorted((one, other) => byPrice(one.usage, other.usage)) : rows;
  return <DataTable label={`By ${of.toLowerCase()}`} columns={columns} rows={ordered} keyOf={({ key }) => key} />;
}

const FAILED: Column<UsageRow> = {
  name: 'Of failed runs',
  isNumber: true,
  cell: ({ usage }) => priceText(failedPriceOf(usage)),
};

const BEFORE: Column<UsageRow> = {
  name: 'Time before',
  isNumber: true,
  cell: ({ before = null }) => priceText(before),
};

const CHANGES: Column<UsageRow> = { name: 'Model changes', cell: ({ changes }) => changes };

const RUNS: Column<UsageRow> = {
  name: 'Runs',
  isNumber: true,
  cell: ({ usage, runCount, isComplete = true, isOver = true }) => (
    <>
      <LeftOut runsNotReporting={usage?.runsNotReporting} />
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

interface PriceCellProps extends Pick<UsageTableProps, 'models'> {
  readonly row: UsageRow;
  /** Of the table. */
  readonly highest: number;
}

function PriceCell({ row: { usage }, highest, models }: PriceCellProps) {
  if (usage?.counts.totalTokens == null) return '–';
  const price = priceOf(usage);
  if (price === null) return <span className="muted">not priced</span>;
  return (
    <>
      <LeftOut stepsUnpriced={price.stepsUnpriced} />
      {priceText(price)}
      <ModelBar usages={usage.byModel} highest={highest} models={models} />
    </>
  );
}

interface PartsProps {
  readonly stepsUnpriced?: number | undefined;
  readonly runsNotReporting?: number | undefined;
}

/** What a price leaves out. */
export function LeftOut({ stepsUnpriced = 0, runsNotReporting = 0 }: PartsProps) {
  const parts = [
    ...(stepsUnpriced > 0 ? [`${countOf(stepsUnpriced, 'step')} not priced`] : []),
    ...(runsNotReporting > 0 ? [`${countOf(runsNotReporting, 'run')} not counted`] : []),
  ];
  return parts.length > 0 && <span className="fact-part">{parts.join(', ')} </span>;
}

interface ModelBarProps {
  readonly usages: readonly Pick<Usage['byModel'][number], 'model' | 'counts' | 'estimatedCost'>[];
  /** The price that fills the width. */
  readonly highest: number;
  /** In the order of their colours. */
  readonly models: readonly string[];
}

/** A price as a bar, in parts by model. */
function ModelBar({ usages, highest, models }: ModelBarProps) {
  const parts = usages.flatMap((usage) => {
    const price = priceOf(usage);
    const name = modelName(usage);
    return price?.amount == null ? [] : [{ name, price, amount: price.amount, colour: models.indexOf(name) }];
  });
  // The same model has the same place in each bar.
  parts.sort((one, other) => one.colour - other.colour);
  const words = parts.map(({ name, price }) => `${name}: ${priceText(price)}`).join('\n');
  return (
    <span className="model-bar" role="img" aria-label={words} title={words}>
      {parts.map(({ name, amount, colour }) => (
        <span key={name} className={modelClass(colour)} style={{ width: `${(100 * amount) / (highest || 1)}%` }} />
      ))}
    </span>
  );
}

/** Classes with a colour each. More models share the last one. */
const COLOURS = ['status-running', 'status-completed', 'status-cancelled', 'status-unknown', 'status-skipped'] as const;

export const modelClass = (colour: number): string => COLOURS[Math.max(0, colour)] ?? COLOURS[4];
