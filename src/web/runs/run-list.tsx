/** Runs, a row each: state, run, what failed and why, since when, how long. */
import { Link } from 'react-router';
import { formatDuration } from '../format/duration.ts';
import { Ago } from '../format/time.tsx';
import { StatusBadge } from '../status/status.tsx';
import { runPath, workflowPath } from '../url/query.ts';
import { FailureOfRun } from './failure-of-run.tsx';
import type { ListedRun } from './merged-runs.ts';
import './run-list.css';

export interface RunListProps {
  readonly label: string;
  readonly runs: readonly ListedRun[];
  /** Names the workflow of each run. Left out where all are of the same one. */
  readonly nameOf?: (workflowId: string) => string;
}

export function RunList({ label, runs, nameOf }: RunListProps) {
  return (
    <ul className="panel run-list" aria-label={label}>
      {runs.map((run) => (
        <Row key={`${run.workflowId}/${run.id}`} run={run} workflowName={nameOf?.(run.workflowId)} />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly run: ListedRun;
  readonly workflowName: string | undefined;
}

function Row({ run, workflowName }: RowProps) {
  const { id, workflowId, status, startedAt, wallClockMs } = run;
  return (
    <li>
      <StatusBadge status={status} isInferred={run.statusIsInferred} />
      <span className="run-name">
        <Link to={runPath(workflowId, id)} className="mono" title={id} data-row>
          <bdi>{id}</bdi>
        </Link>
        {workflowName !== undefined && (
          <Link to={workflowPath(workflowId)} className="workflow" title={workflowName}>
            <bdi>{workflowName}</bdi>
          </Link>
        )}
      </span>
      <span className="why">{status === 'FAILED' && <FailureOfRun run={run} />}</span>
      <span className="when">
        <Ago at={startedAt} />
      </span>
      <span className="took">{formatDuration(wallClockMs)}</span>
    </li>
  );
}
