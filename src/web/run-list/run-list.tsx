/** List of runs, one row each: status, run, cause of a failure, start and duration. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { formatDuration } from '../format/duration.ts';
import { Ago } from '../time/time.tsx';
import { StatusBadge } from '../status/status.tsx';
import { runLink, workflowLink } from '../url/links.ts';
import { useFailureLines } from './failures.tsx';
import type { ListedRun } from './merged-runs.ts';

export interface RunListProps {
  readonly label: string;
  readonly runs: readonly ListedRun[];
  /** Returns the workflow's name for a run; omitted if all runs have the same workflow. */
  readonly nameOf?: (workflowId: string) => string;
  /** A box at the end of each row. */
  readonly tickOf?: (run: ListedRun) => ReactNode;
}

export function RunList({ label, runs, nameOf, tickOf }: RunListProps) {
  const failureOf = useFailureLines(runs);
  return (
    <ul className="panel run-list" aria-label={label}>
      {runs.map((run) => (
        <Row
          key={`${run.workflowId}/${run.id}`}
          run={run}
          failure={failureOf(run)}
          workflowName={nameOf?.(run.workflowId)}
          tick={tickOf?.(run)}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly run: ListedRun;
  readonly failure: ReactNode;
  readonly workflowName: string | undefined;
  readonly tick: ReactNode;
}

function Row({ run, failure, workflowName, tick }: RowProps) {
  const { id, workflowId, status, startedAt, wallClockMs } = run;
  return (
    <li>
      <StatusBadge status={status} isInferred={run.statusIsInferred} />
      <span className="run-name">
        <Link to={runLink(run)} className="mono ellipsis" title={id} data-row>
          <bdi>{id}</bdi>
        </Link>
        {workflowName !== undefined && (
          <Link to={workflowLink(workflowId)} className="workflow small ellipsis" title={workflowName}>
            <bdi>{workflowName}</bdi>
          </Link>
        )}
      </span>
      <span className="why ellipsis">{failure}</span>
      <span className="number muted small">{startedAt === null ? 'not started' : <Ago at={startedAt} />}</span>
      <span className="number muted small">
        {startedAt !== null && formatDuration(wallClockMs)}
        {tick}
      </span>
    </li>
  );
}
