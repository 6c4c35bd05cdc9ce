/** The latest runs that the address asks for. */
import { useMemo } from 'react';
import type { GraphQLFormattedError } from 'graphql';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { Pager, RUN_PAGES } from '../controls/pager.tsx';
import { useRunPage } from '../run-list/live-runs.ts';
import type { ChangedRuns, ListedRun } from '../run-list/merged-runs.ts';
import { RunList } from '../run-list/run-list.tsx';
import { NO_FILTER, useRunFilter } from '../run-list/run-filter.tsx';
import { Searched } from '../run-list/run-search.tsx';
import { Empty, Failure, Skeleton, Warning } from '../shell/notices.tsx';
import { errorsThat, pathOf } from '../live/errors.ts';
import { useUrl } from '../url/url.ts';
import type { Directory } from './directory.ts';

const RECENT_RUNS = graphql(`
  query RecentRuns($first: Int!, $after: String, $filter: RunFilter, $workflowIds: [ID!]) {
    recentRuns(first: $first, after: $after, filter: $filter, workflowIds: $workflowIds) {
      nodes {
        ...ListedRun
      }
      runsExamined
      unavailableWorkflows {
        id
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        endCursor
      }
    }
  }
`);

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;

export interface LatestRunsProps {
  readonly directory: Directory;
  /** Of the directory's workflows. */
  readonly changed: ChangedRuns;
}

export function LatestRuns({ directory, changed: changedOfAll }: LatestRunsProps) {
  const url = useUrl();
  const { workflow: workflowId, show, after } = url.params;
  const filter = useRunFilter();
  const isFiltered = workflowId !== null || filter !== null;
  const isLargest = show === 'more';
  const changed = useMemo(() => {
    const ofWorkflow = (run: ListedRun) => workflowId === null || run.workflowId === workflowId;
    const { current, beforeGap } = changedOfAll;
    return { current: current.filter(ofWorkflow), beforeGap: beforeGap.filter(ofWorkflow) };
  }, [changedOfAll, workflowId]);
  const workflowIds = workflowId === null ? directory.namedIds : [workflowId];
  const listed = useRunPage(RECENT_RUNS, changed, {
    variables: { first: isLargest ? LARGEST_PAGE : PAGE_SIZE, after, filter, workflowIds },
    read: (data) => data.recentRuns,
    isComplete: ({ unavailableWorkflows }) => unavailableWorkflows.length === 0,
  });
  const { runs = [], page } = listed;
  const unavailable = page?.unavailableWorkflows.map(({ id }) => directory.nameOf(id)) ?? [];
  const { hasNextPage: hasMore = false, endCursor = null } = page?.pageInfo ?? {};
  // Before the workflows are known, too many of them may be an error that naming them avoids.
  const error = directory.workflows || directory.error ? errorsThat(listed.error, isOfList) : undefined;
  const isLoading = !listed.runs && !error;
  const canGrow = hasMore && runs.length > 0 && !isLargest;

  return (
    <>
      {error && (
        <Failure
          error={error}
          what="list of runs"
          isPartial={runs.length > 0}
          onRetry={() => {
            directory.refetch();
            listed.refetch();
          }}
        />
      )}
      {unavailable.length > 0 && (
        <Warning>
          Without the runs of <bdi>{unavailable.join(', ')}</bdi>, which can’t be read.
        </Warning>
      )}
      {directory.namedIds && workflowId === null && (
        <p className="muted">
          The runs of {directory.namedIds.length} of {directory.totalCount} workflows.
        </p>
      )}
      {isLoading && <Skeleton what="runs" rows={12} of="runs" />}
      {runs.length > 0 && <RunList label="Latest runs" runs={runs} nameOf={directory.nameOf} />}
      {!isLoading && !error && runs.length === 0 && (
        <Empty title={titleOfNone(isFiltered, after)}>
          {isFiltered && <Link to={url.link({ ...NO_FILTER, workflow: null })}>Clear filters</Link>}
        </Empty>
      )}
      {page && isFiltered && <Searched runsExamined={page.runsExamined} hasOlder={hasMore} />}
      <Pager
        name="after"
        cursor={after}
        linkOf={(cursor) => url.link({ after: cursor })}
        endCursor={hasMore && !canGrow ? endCursor : null}
        labels={RUN_PAGES}
      >
        {canGrow && <Link to={url.link({ show: 'more' })}>Show more</Link>}
      </Pager>
    </>
  );
}

/** Errors of single workflows and runs are shown with them. */
const isOfList = (error: GraphQLFormattedError): boolean =>
  error.extensions?.workflowId === undefined && pathOf(error).length <= 3;

function titleOfNone(isFiltered: boolean, after: string | null): string {
  if (isFiltered) return 'No run fits these filters';
  return after === null ? 'No runs yet' : 'No older runs';
}
