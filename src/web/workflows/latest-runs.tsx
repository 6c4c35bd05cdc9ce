/** The latest runs that the address asks for. */
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Moment } from '../format/time.tsx';
import { useRecentRuns } from '../runs/live-runs.ts';
import type { ChangedRuns, ListedRun } from '../runs/merged-runs.ts';
import { RunList } from '../runs/run-list.tsx';
import { Empty, Failure, Loading, Warning } from '../shell/notices.tsx';
import { useUrl } from '../url/url.ts';
import type { Directory } from './directory.ts';
import { useHomeQuery, type HomeQuery } from './home-query.ts';

export interface LatestRunsProps {
  readonly directory: Directory;
  /** Of the directory's workflows. */
  readonly changed: ChangedRuns;
}

export function LatestRuns({ directory, changed: changedOfAll }: LatestRunsProps) {
  const url = useUrl();
  const home = useHomeQuery();
  const { workflowId, first, after, filter } = home;
  const changed = useMemo(() => {
    const ofWorkflow = (run: ListedRun) => workflowId === null || run.workflowId === workflowId;
    const { current, beforeGap } = changedOfAll;
    return { current: current.filter(ofWorkflow), beforeGap: beforeGap.filter(ofWorkflow) };
  }, [changedOfAll, workflowId]);
  const workflowIds = workflowId === null ? directory.namedIds : [workflowId];
  const listed = useRecentRuns({ first, after, filter, workflowIds }, changed);
  const { runs = [], unavailableIds, hasMore, endCursor } = listed;
  const staleSince = runs.flatMap(({ freshness }) => (freshness.isStale ? [freshness.fetchedAt] : [])).sort()[0];
  // Before the workflows are known, too many of them may be an error that naming them avoids.
  const error = directory.workflows || directory.error ? listed.error : undefined;
  const isLoading = !listed.runs && !error;

  return (
    <>
      {error && (
        <Failure
          error={error}
          what="list of runs"
          isPartial={runs.length > 0}
          onRetry={() => {
            directory.retry();
            listed.retry();
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
      {runs.length > 0 && <RunList label="Latest runs" runs={runs} nameOf={directory.nameOf} />}
      {!isLoading && !error && runs.length === 0 && (
        <Empty title={titleOfNone(home)}>
          {hasMore && <p>Only the latest runs of each workflow were searched.</p>}
          {home.isFiltered && <Link to={url.link({ status: null, workflow: null, since: null })}>Clear filters</Link>}
        </Empty>
      )}
      {(hasMore || after !== null) && (
        <div className="toolbar">
          {after !== null && <Link to={url.link({ after: null, show: null })}>Newest runs</Link>}
          {hasMore && runs.length > 0 && !home.isLargest && (
            <Link to={url.link({ show: 'more' })} preventScrollReset>
              Show more
            </Link>
          )}
          {hasMore && (runs.length === 0 || home.isLargest) && (
            <Link to={url.link({ after: endCursor })}>Older runs</Link>
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
