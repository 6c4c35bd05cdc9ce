/** Tokens and price of workflows, times or models, a row each. */
import type { ReactNode } from 'react';
import { graphql } from '../__generated__/gql.ts';
import type { UsageFragment } from '../__generated__/graphql.ts';
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
    (Omit<UsageFragment, ' $fragmentName' | 'runsNotReporting'> & { readonly runsNotReporting?: number }) | null;
}

export interface UsageTableProps {
  readonly of: string;
  readonly rows: readonly UsageRow[];
}

export function UsageTable({ of, rows }: UsageTableProps) {
  const hasRuns = rows.some(({ runCount }) => runCount !== undefined);
  return (
    <div className="panel scroll-x" tabIndex={0} role="region" aria-label={`By ${of.toLowerCase()}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{of}</th>
            {['Price', 'Tokens', ...(hasRuns ? ['Runs'] : []), 'Tokens in', 'Tokens out'].map((name) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, runCount, isComplete = true, isOver = true, usage }) => (
            <tr key={key}>
              <td>{name}</td>
              <td className="number">{usage ? <Price cost={usage.estimatedCost} /> : '–'}</td>
              <td className="number">
                {usage ? formatCount(usage.counts.totalTokens) : <Nothing runCount={runCount} />}
              </td>
              {hasRuns && (
                <td className="number">
                  {usage && <Part count={usage.runsNotReporting} of="run" words="not counted" />}
                  {formatCount(runCount)}
                  {!isComplete && (isOver ? ' or more' : ' so far')}
                </td>
              )}
              <td className="number">{formatCount(usage?.counts.inputTokens)}</td>
              <td className="number">{formatCount(usage?.counts.outputTokens)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Nothing = ({ runCount }: { readonly runCount: number | null | undefined }) => (
  <span className="muted">{runCount == null ? 'could not be read' : runCount === 0 ? '–' : 'nothing reported'}</span>
);

function Price({ cost }: { readonly cost: UsageFragment['estimatedCost'] }) {
  if (!cost) return <span className="muted">not priced</span>;
  return (
    <>
      {cost.amount !== null && <Part count={cost.stepsUnpriced} of="step" words="not priced" />}
      {formatCost(cost.amount, cost.currency)}
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
