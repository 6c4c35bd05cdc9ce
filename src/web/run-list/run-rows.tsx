/** Rows of runs: status, run, failure or inputs, tokens, cost, start and duration. Two runs of one workflow can be compared. */
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { formatDuration } from '../format/duration.ts';
import { formatCost, formatCount } from '../format/numbers.ts';
import { useElementWidth } from '../hooks/element-width.ts';
import { StatusBadge } from '../status/status.tsx';
import { Ago } from '../time/time.tsx';
import { comparisonLink, runLink, workflowLink } from '../url/links.ts';
import { useFailureLines } from './failures.tsx';
import { keyOf, type ListedRun } from './merged-runs.ts';
import { useRunDetails, type RunDetails } from './run-details.ts';

/** Minimum width for details. */
const WIDE_PX = 1000;

export interface RunRowsProps {
  readonly label: string;
  readonly runs: readonly ListedRun[];
  readonly nameOf: ((workflowId: string) => string) | undefined;
  /** Whether all runs belong to one workflow. */
  readonly canCompare: boolean;
  /** The field in which the search matched. */
  readonly matchOf: (run: ListedRun) => string | undefined;
}

export function RunRows({ label, runs, nameOf, canCompare, matchOf }: RunRowsProps) {
  const [ref, width] = useElementWidth();
  const isWide = width !== null && width >= WIDE_PX;
  const failureOf = useFailureLines(runs);
  const detailsOf = useRunDetails(isWide ? runs : []);
  const hasCost = runs.some((run) => detailsOf(run).cost != null);
  const ticked = useTickedRuns(runs);
  return (
    <>
      <div ref={ref} className={`panel run-list${isWide ? ' wide' : ''}${canCompare ? ' compared' : ''}`}>
        {isWide && (
          <div className="head small muted" aria-hidden="true">
            <span>Status</span>
            <span>Run</span>
            <span>Failure or inputs</span>
            <span className="number">Tokens</span>
            <span className="number">{hasCost && 'Cost'}</span>
            <span className="number">Started</span>
            <span className="number">Duration</span>
            {canCompare && <span>Compare</span>}
          </div>
        )}
        <ul aria-label={label}>
          {runs.map((run) => (
            <li key={keyOf(run)}>
              <StatusBadge status={run.status} isInferred={run.statusIsInferred} />
              <RunName run={run} workflowName={nameOf?.(run.workflowId)} />
              <Why match={matchOf(run)}>{failureOf(run) ?? inputsOf(detailsOf(run))}</Why>
              {isWide && <Figures details={detailsOf(run)} />}
              <span className="number muted small">
                {run.startedAt === null ? 'not started' : <Ago at={run.startedAt} />}
              </span>
              <span className="number muted small">{run.startedAt !== null && formatDuration(run.wallClockMs)}</span>
              {canCompare && ticked.tickOf(run)}
            </li>
          ))}
        </ul>
      </div>
      {ticked.link && <div className="compare-bar">{ticked.link}</div>}
    </>
  );
}

interface RunNameProps {
  readonly run: ListedRun;
  readonly workflowName: string | undefined;
}

function RunName({ run, workflowName }: RunNameProps) {
  return (
    <span className="run-name">
      <Link to={runLink(run)} className="mono ellipsis" title={run.id} data-row>
        <bdi>{run.id}</bdi>
      </Link>
      {workflowName !== undefined && (
        <Link to={workflowLink(run.workflowId)} className="workflow small ellipsis" title={workflowName}>
          <bdi>{workflowName}</bdi>
        </Link>
      )}
    </span>
  );
}

interface WhyProps {
  readonly match: string | undefined;
  readonly children: ReactNode;
}

const Why = ({ match, children }: WhyProps) => (
  <span className="why">
    {children != null && <span className="ellipsis">{children}</span>}
    {match !== undefined && (
      <span className="small muted ellipsis">
        found in <code>{match}</code>
      </span>
    )}
  </span>
);

const inputsOf = ({ inputs }: RunDetails): ReactNode =>
  inputs === '' ? null : (
    <bdi className="mono muted" title={inputs}>
      {inputs}
    </bdi>
  );

const Figures = ({ details }: { readonly details: RunDetails }) => (
  <>
    <span className="number muted small">{details.tokens != null && formatCount(details.tokens)}</span>
    <span className="number muted small">
      {details.cost?.amount != null && formatCost(details.cost.amount, details.cost.currency)}
    </span>
  </>
);

interface TickedRuns {
  readonly tickOf: (run: ListedRun) => ReactNode;
  /** Links to the comparison, or says that a second run is needed. */
  readonly link: ReactNode;
}

/** Two selected runs of a list, newest first, are compared: the older one is the base. */
function useTickedRuns(runs: readonly ListedRun[]): TickedRuns {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [head, base] = runs.filter(({ id }) => ids.includes(id));
  return {
    tickOf: ({ id }) => (
      <input
        type="checkbox"
        className="compare-tick"
        aria-label={`Compare ${id}`}
        title="Select two runs to compare them"
        checked={ids.includes(id)}
        disabled={base !== undefined && !ids.includes(id)}
        onChange={({ target }) => setIds(target.checked ? [...ids, id] : ids.filter((one) => one !== id))}
      />
    ),
    link:
      base && head ? (
        <Link className="button primary" to={comparisonLink(head, base)}>
          Compare the two
        </Link>
      ) : (
        head && <span className="muted">Tick a second run to compare.</span>
      ),
  };
}
