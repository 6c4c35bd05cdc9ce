/** A run in the table: how it went, and why it failed. */
import { Link } from 'react-router';
import { formatDuration } from '../format/duration.ts';
import { Ago, Moment } from '../format/time.tsx';
import { UnknownFailure } from '../runs/failure-of-run.tsx';
import type { ListedRun } from '../runs/merged-runs.ts';
import { StatusBadge } from '../status/status.tsx';
import { headlineOf } from '../text/excerpt.ts';
import { runPath } from '../url/query.ts';
import type { RunFailure } from './failures.ts';

export interface RunRowProps {
  readonly run: ListedRun;
  readonly failure: RunFailure | undefined;
}

export function RunRow({ run, failure }: RunRowProps) {
  const message = failure?.message ?? run.error;
  return (
    <tr>
      <td>
        <StatusBadge status={run.status} isInferred={run.statusIsInferred} />
      </td>
      <td>
        <Link to={runPath(run.workflowId, run.id)} className="mono run-id" title={run.id} data-row>
          <bdi>{run.id}</bdi>
        </Link>
      </td>
      <td className="run-error" title={message ?? undefined}>
        {failure?.nodeId != null && (
          <code>
            <bdi>{failure.nodeId}</bdi>
          </code>
        )}{' '}
        {message != null && <bdi>{headlineOf(message)}</bdi>}
        {message == null &&
          failure &&
          (failure.isKnown ? 'No error message' : <UnknownFailure error={failure.error} />)}
      </td>
      <td className="started">
        <Moment at={run.startedAt} />{' '}
        <span className="muted">
          <Ago at={run.startedAt} />
        </span>
      </td>
      <td className="number">{formatDuration(run.wallClockMs)}</td>
    </tr>
  );
}
