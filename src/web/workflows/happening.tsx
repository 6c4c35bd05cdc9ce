/** Latest runs that match the URL, failed runs first. */
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Moment } from '../format/time.tsx';
import { useRecentRuns } from '../runs/live-runs.ts';
import { newestFirst, type ChangedRuns, type ListedRun } from '../runs/merged-runs.ts';
import { RunList } from '../runs/run-list.tsx';
import { Empty, Failure, Loading, Warning } from '../shell/notices.tsx';
import { EVERYTHING, TOP } from '../time-window/time-window.ts';
import { useUrlQuery } from '../url/query.ts';
import type { Directory } from './directory.ts';
import { useHomeQuery, type HomeQuery } from './home-query.ts';

/** Limit of the failed runs above other runs. */
const FAILURES_SHOWN = 8;

export interface HappeningProps {
  readonly directory: Directory;
  /** Changed runs of the directory's workflows. */
  readonly changed: ChangedRuns;
}

export function Happening({ directory, changed: changedOfAll }: HappeningProps) {
  const url = useUrlQuery();
  const home = useHomeQuery();
  const { workflowId, after } = home;
  const workflowIds = workflowId === null ? directory.namedIds : [workflowId];
  const changed = useMemo(() => {
    const ofWorkflow = (run: ListedRun) => workflowId === null || run.workflowId === workflowId;
    const { told, toldBefore } = changedOfAll;
    return { told: told.filter(ofWorkflow), toldBefore: toldBefore.filter(ofWorkflow) };
  }, [changedOfAll, workflowId]);
  const failures = useRecentRuns(
    home.failures && { ...home.failures, after, workflowIds, withFailures: true },
    changed,
  );
  const others = useRecentRuns(home.others && { ...home.others, after, workflowIds, withFailures: false }, changed);

  const listed = newestFirst([...(failures.runs ?? []), ...(others.runs ?? [])]);
  // The list of failures also loads their causes, so failed runs of the other list wait for it.
  const known = failures.isLoading ? (failures.runs ?? []) : listed;
  const { failuresAfter } = home;
  const isFailure = ({ status, startedAt }: ListedRun) =>
    status === 'FAILED' && (failuresAfter === null || (startedAt !== null && startedAt >= failuresAfter));
  const failed = home.failures ? known.filter(isFailure) : [];
  const rest = listed.filter((run) => !isFailure(run));
  const shown = home.others ? failed.slice(0, FAILURES_SHOWN) : failed;
  const hasMoreFailed = failed.length > shown.length || failures.hasMore;
  const { hasMore: hasOlder, endCursor } = home.others ? others : failures;
  const unavailableIds = [...new Set([...failures.unavailableIds, ...others.unavailableIds])];
  const staleSince = listed.flatMap(({ freshness }) => (freshness.isStale ? [freshness.fetchedAt] : [])).sort()[0];
  // Before the directory is loaded, an error may mean too many workflows. Named ids avoid that error.
  const error = directory.workflows || directory.error ? (failures.error ?? others.error) : undefined;
  const isLoading = !failures.runs && !others.runs && !error;

  return (
    <>
      {error && (
        <Failure
          error={error}
          what="list of runs"
          isPartial={listed.length > 0}
          onRetry={() => {
            directory.retry();
            failures.retry();
            others.retry();
          }}
        />
      )}
      {unavailableIds.length > 0 && (
        <Warning>
          Without the runs of <bdi>{unavailableIds.map(directory.nameOf).join(', ')}</bdi>, which can’t be read just
          now.
        </Warning>
      )}
      {staleSince !== undefined && (
        <Warning>
          Stale since <Moment at={staleSince} />: the upstream can’t be asked just now.
        </Warning>
      )}
      {directory.namedIds && workflowId === null && (
        <p className="muted">
          The runs of {directory.namedIds.length} of {directory.totalCount} workflows.
        </p>
      )}
      {isLoading && <Loading what="runs" />}
      {failuresAfter !== null && home.failures && failures.runs && shown.length === 0 && (
        <p className="muted">No run failed in the last 24 hours.</p>
      )}
      {shown.length > 0 && (
        <>
          <h2>
            {failuresAfter === null ? 'Failed' : 'Failed in the last 24 hours'}{' '}
            <span className="count" aria-live="polite">
              {hasMoreFailed ? `${shown.length}+` : shown.length}
            </span>
          </h2>
          <RunList label="Failed runs" runs={shown} nameOf={directory.nameOf} errorOf={failures.errorOf} />
          {home.others && hasMoreFailed && (
            <p>
              <Link to={url.with({ status: 'FAILED', ...TOP })}>All failed runs</Link>
            </p>
          )}
        </>
      )}
      {rest.length > 0 && (
        <>
          <h2>{shown.length > 0 ? 'Other runs' : 'Latest runs'}</h2>
          <RunList label="Other runs" runs={rest} nameOf={directory.nameOf} errorOf={failures.errorOf} />
        </>
      )}
      {!isLoading && !error && listed.length === 0 && (
        <Empty title={titleOfNone(home)}>
          {hasOlder && <p>Only the latest runs of each workflow were searched.</p>}
          {home.isFiltered && <Link to={url.with({ status: null, workflow: null, ...EVERYTHING })}>Clear filters</Link>}
        </Empty>
      )}
      {(hasOlder || after !== null) && (
        <div className="toolbar">
          {after !== null && <Link to={url.with(TOP)}>Newest runs</Link>}
          {hasOlder && listed.length > 0 && !home.isLargest && (
            <Link to={url.with({ show: 'more' })} preventScrollReset>
              Show more
            </Link>
          )}
          {hasOlder && (listed.length === 0 || home.isLargest) && (
            <Link to={url.with({ after: endCursor })}>Older runs</Link>
          )}
        </div>
      )}
    </>
  );
}

function titleOfNone({ isFiltered, after }: HomeQuery): string {
  if (isFiltered) return 'No run fits these filters';
  return after === null ? 'No runs yet' : 'No older runs';
}
