/** Latest runs of a workflow as bars: height by duration, color by status, and a mark on failures. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { statusClass, statusWord } from '../status/status.tsx';
import { runLink } from '../url/links.ts';

const SPARKLINE_RUN = graphql(`
  fragment SparklineRun on Run {
    id
    workflowId
    status
    wallClockMs
  }
`);

export interface SparklineProps {
  readonly label: string;
  readonly runs: readonly FragmentType<typeof SPARKLINE_RUN>[];
}

/** Minimum height in percent, so that the shortest run is visible. */
const LEAST_HEIGHT = 15;

export function Sparkline({ label, runs: masked }: SparklineProps) {
  const runs = masked.map((run) => readFragment(SPARKLINE_RUN, run));
  const longestMs = Math.max(1, ...runs.map(({ wallClockMs }) => wallClockMs ?? 0));
  return (
    <ol className="sparkline" aria-label={label}>
      {runs.map(({ id, workflowId, status, wallClockMs }) => (
        <li key={id}>
          <Link
            to={runLink({ workflowId, id })}
            className={statusClass(status)}
            title={`${statusWord(status)} · ${formatDuration(wallClockMs)} · ${id}`}
          >
            <span className="mark" aria-hidden="true">
              {status === 'FAILED' && '×'}
            </span>
            <span
              className="bar"
              style={{ height: `${Math.max(LEAST_HEIGHT, (100 * (wallClockMs ?? 0)) / longestMs)}%` }}
            />
            <span className="visually-hidden">
              {statusWord(status)}, {formatDuration(wallClockMs)}: {id}
            </span>
          </Link>
        </li>
      ))}
    </ol>
  );
}
