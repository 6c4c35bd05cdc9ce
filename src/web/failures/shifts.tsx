/** When a workflow became slower, faster, dearer or cheaper, and what changed shortly before. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import type { ShiftFragment, ShiftMetric } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCost, formatCount } from '../format/numbers.ts';
import { ArrowDownRight, ArrowUpRight } from '../shell/icons.tsx';
import { Ago } from '../time/time.tsx';
import { comparisonLink, runLink } from '../url/links.ts';
import { ChangeLine } from './changes.tsx';

export const SHIFT = graphql(`
  fragment Shift on Shift {
    metric
    since
    before
    after
    run {
      id
      workflowId
    }
    previousRun {
      id
      workflowId
    }
    suspectedChanges {
      ...Change
    }
  }
`);

const WORDS: Readonly<Record<ShiftMetric, readonly [more: string, less: string]>> = {
  DURATION: ['Slower', 'Faster'],
  COST: ['Dearer', 'Cheaper'],
  TOKENS: ['More tokens', 'Fewer tokens'],
};

export const amountOf = (value: number | null, metric: ShiftMetric): string => {
  if (metric === 'DURATION') return formatDuration(value);
  return metric === 'COST' ? formatCost(value, 'USD') : formatCount(value === null ? null : Math.round(value));
};

const isMore = ({ before, after }: ShiftFragment): boolean => after > before;

export function ShiftLine({ shift: masked }: { readonly shift: FragmentType<typeof SHIFT> }) {
  const shift = readFragment(SHIFT, masked);
  const { metric, since, before, after, run, previousRun, suspectedChanges } = shift;
  const [more, less] = WORDS[metric];
  const Icon = isMore(shift) ? ArrowUpRight : ArrowDownRight;
  return (
    <>
      <span className={`badge ${isMore(shift) ? 'status-cancelled' : 'status-completed'}`}>
        <Icon /> {isMore(shift) ? more : less}
      </span>
      <span title="Medians of the completed runs before and after">
        {amountOf(before, metric)} → <strong>{amountOf(after, metric)}</strong>
      </span>
      <span>
        since{' '}
        {run ? (
          <Link to={runLink(run)}>
            <Ago at={since} />
          </Link>
        ) : (
          <Ago at={since} />
        )}
      </span>
      {run && previousRun && <Link to={comparisonLink(run, previousRun)}>Compare with the run before</Link>}
      <ChangeLine changes={suspectedChanges} ofNode={null} />
    </>
  );
}
