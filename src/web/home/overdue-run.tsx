/** Row of a run that takes longer than almost all runs before it: how long so far, how long is usual, and where it is. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { Hourglass } from '../shell/icons.tsx';
import { statusWord } from '../status/status.tsx';
import { Ticking } from '../time/time.tsx';
import { runLink, workflowLink } from '../url/links.ts';

const OVERDUE_RUN = graphql(`
  fragment OverdueRun on Run {
    id
    workflowId
    status
    wallClockMs
    expectation {
      p50Ms
    }
    steps(filter: { status: [RUNNING] }) {
      workflowId
      runId
      id
      nodeId
    }
  }
`);

export interface OverdueRunProps {
  readonly run: FragmentType<typeof OVERDUE_RUN>;
  readonly nameOf: (workflowId: string) => string;
}

export function OverdueRun({ run: masked, nameOf }: OverdueRunProps) {
  const run = readFragment(OVERDUE_RUN, masked);
  const nodes = new Set(run.steps?.map((step) => step?.nodeId));
  return (
    <li className="toolbar">
      <span className="badge status-running">
        <Hourglass /> Overdue
      </span>
      <Link to={runLink(run)} className="mono" title={run.id} data-row>
        <bdi>{run.id}</bdi>
      </Link>
      <Link to={workflowLink(run.workflowId)}>
        <bdi>{nameOf(run.workflowId)}</bdi>
      </Link>
      <span>
        {statusWord(run.status).toLowerCase()} for <Ticking ms={run.wallClockMs} isTicking />, usually{' '}
        {formatDuration(run.expectation?.p50Ms)}
        {nodes.size > 0 && (
          <>
            , at <bdi className="mono">{[...nodes].join(', ')}</bdi>
          </>
        )}
      </span>
    </li>
  );
}
