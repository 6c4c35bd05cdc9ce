/** The list of runs that the URL selects, with its filters: of one workflow, of several, or search results. */
import { useMemo, type ReactNode } from 'react';
import type { GraphQLFormattedError } from 'graphql';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { Pager, RUN_PAGES } from '../controls/pager.tsx';
import { errorsThat, pathOf } from '../live/errors.ts';
import { Empty, Failure, Skeleton, Warning } from '../shell/notices.tsx';
import { StatusFilter } from '../status/status-filter.tsx';
import { useUrl } from '../url/url.ts';
import { useRunPage } from './live-runs.ts';
import { keyOf, type ChangedRuns, type ListedRun } from './merged-runs.ts';
import { NO_FILTER, RunFields, Searched, useRunFilter } from './run-filter.tsx';
import { RunRows } from './run-rows.tsx';

const RECENT_RUNS = graphql(`
  query RecentRuns($first: Int!, $after: String, $filter: RunFilter, $workflowIds: [ID!]) {
    recentRuns(first: $first, after: $after, filter: $filter, workflowIds: $workflowIds) {
      edges {
        node {
          id
          workflowId
          ...ListedRun
        }
        matchedIn
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

const PAGE_SIZE = 25;

export interface RunListProps {
  readonly label: string;
  /** `null` for all. */
  readonly workflowIds: readonly string[] | null;
  /** Runs that changed since the page was opened, of these workflows or of more. */
  readonly changed: ChangedRuns;
  /** Omitted where all runs belong to the workflow of the page. */
  readonly nameOf?: (workflowId: string) => string;
  /** Whether the workflows are known: an error may mean that there are too many of them. */
  readonly isReady?: boolean;
  readonly onRetry?: () => void;
  /** Content before the filters. */
  readonly children: ReactNode;
}

export function RunList({ label, workflowIds, changed: changedOfAll, nameOf, ...props }: RunListProps) {
  const { isReady = true, onRetry, children } = props;
  const url = useUrl();
  const { after, workflow: chosen } = url.params;
  const filter = useRunFilter();
  const isFiltered = filter !== null || (nameOf !== undefined && chosen !== null);
  const changed = useMemo(() => {
    const isWanted = (run: ListedRun) => workflowIds === null || workflowIds.includes(run.workflowId);
    const { current, beforeGap } = changedOfAll;
    return { current: current.filter(isWanted), beforeGap: beforeGap.filter(isWanted) };
  }, [changedOfAll, workflowIds]);
  const listed = useRunPage(RECENT_RUNS, changed, {
    variables: { first: PAGE_SIZE, after, filter, workflowIds },
    read: (data) => data.recentRuns,
    isComplete: ({ unavailableWorkflows }) => unavailableWorkflows.length === 0,
  });
  const { runs = [], page } = listed;
  // The page of a workflow shows the reason; a list of several names the workflows that are missing.
  const isShown = nameOf ? isOfList : () => true;
  const error = isReady ? errorsThat(listed.error, isShown) : undefined;
  const unavailable = nameOf ? (page?.unavailableWorkflows.map(({ id }) => nameOf(id)) ?? []) : [];
  const isLoading = !listed.runs && !error;
  const { hasNextPage = false, endCursor = null } = page?.pageInfo ?? {};
  const matches = new Map(
    page?.edges.flatMap(({ node, matchedIn }) => (node && matchedIn !== null ? [[keyOf(node), matchedIn]] : [])),
  );

  return (
    <>
      <div className="toolbar runs-bar">
        {children}
        <StatusFilter />
        <RunFields />
      </div>
      {error && (
        <Failure
          error={error}
          what="list of runs"
          isPartial={runs.length > 0}
          onRetry={() => {
            onRetry?.();
            listed.refetch();
          }}
        />
      )}
      {unavailable.length > 0 && (
        <Warning>
          Without the runs of <bdi>{unavailable.join(', ')}</bdi>, which can’t be read.
        </Warning>
      )}
      {isLoading && <Skeleton what="runs" rows={12} of="runs" />}
      {runs.length > 0 && (
        <RunRows
          label={label}
          runs={runs}
          nameOf={nameOf}
          canCompare={workflowIds?.length === 1}
          matchOf={(run) => matches.get(keyOf(run))}
        />
      )}
      {!isLoading && !error && runs.length === 0 && (
        <Empty title={titleOfNone(isFiltered, after)}>
          {isFiltered && <Link to={url.link({ ...NO_FILTER, workflow: null })}>Clear filters</Link>}
        </Empty>
      )}
      {page && isFiltered && <Searched runsExamined={page.runsExamined} hasOlder={hasNextPage} />}
      <Pager
        name="after"
        cursor={after}
        linkOf={(cursor) => url.link({ after: cursor })}
        endCursor={hasNextPage ? endCursor : null}
        labels={RUN_PAGES}
      />
    </>
  );
}

/** Errors of single workflows and runs are shown next to them. */
const isOfList = (error: GraphQLFormattedError): boolean =>
  error.extensions?.workflowId === undefined && pathOf(error).length <= 4;

function titleOfNone(isFiltered: boolean, after: string | null): string {
  if (isFiltered) return 'No run matches these filters';
  return after === null ? 'No runs yet' : 'No older runs';
}
