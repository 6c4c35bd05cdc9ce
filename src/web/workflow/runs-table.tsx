/** Runs of a workflow, newest first, page by page, with live updates. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { RunFilter } from '../__generated__/graphql.ts';
import { useTickedRuns } from '../comparison/ticked-runs.tsx';
import { SearchField } from '../controls/search-field.tsx';
import { ListMark } from '../live/list-mark.tsx';
import { useRunPage } from '../runs/live-runs.ts';
import type { ChangedRuns } from '../runs/merged-runs.ts';
import { RunList, StaleRuns } from '../runs/run-list.tsx';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { StatusFilter } from '../status/status-filter.tsx';
import { useTimeWindow } from '../time-window/time-window.ts';
import { TimeWindowPicker } from '../time-window/time-window-picker.tsx';
import { useUrl } from '../url/url.ts';
import './run-filters.css';

const RUNS = graphql(`
  query Runs($workflowId: ID!, $first: Int!, $after: String, $filter: RunFilter) {
    workflow(id: $workflowId) {
      id
      runs(first: $first, after: $after, filter: $filter) {
        nodes {
          ...ListedRun
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          endCursor
        }
      }
    }
  }
`);

const PAGE_SIZE = 20;

export interface RunsTableProps {
  readonly workflowId: string;
  /** Runs that changed since the page was opened. */
  readonly changed: ChangedRuns;
}

export function RunsTable({ workflowId, changed }: RunsTableProps) {
  const url = useUrl();
  const filter = useRunFilter();
  const { after } = url.params;
  const { runs, page, staleSince, error, isLoading, retry } = useRunPage(RUNS, changed, {
    variables: { workflowId, first: PAGE_SIZE, after, filter },
    read: (data) => data.workflow?.runs,
  });
  const ticked = useTickedRuns(runs ?? []);

  return (
    <section aria-label="Runs">
      <div className="toolbar runs-bar">
        <StatusFilter />
        <TimeWindowPicker all="Any time" />
        <SearchField
          label="Search errors"
          placeholder="Text of the error"
          value={url.params.error ?? ''}
          onChange={(error) => {
            url.change({ error });
          }}
        />
        <ListMark isStale={staleSince !== undefined} />
      </div>
      {error && <Failure error={error} what="list of runs" isPartial={page != null} onRetry={retry} />}
      <StaleRuns since={staleSince} />
      {isLoading && <Loading what="runs" />}
      {runs?.length === 0 && page && (
        <Empty title={filter ? 'No run fits these filters' : 'No runs yet'}>
          {filter?.error != null && <p>The errors of runs were searched, not those of their steps.</p>}
          {page.pageInfo.hasNextPage && <p>Only the latest 500 were looked at: there may be older ones.</p>}
        </Empty>
      )}
      {runs && runs.length > 0 && <RunList label="Runs of this workflow" runs={runs} tickOf={ticked.tickOf} />}
      {ticked.link && <div className="compare-bar">{ticked.link}</div>}
      <div className="toolbar pages">
        {page?.pageInfo.hasPreviousPage && <Link to={url.link({ after: null })}>Newest runs</Link>}
        {page?.pageInfo.hasNextPage && (
          <Link to={url.link({ after: page.pageInfo.endCursor ?? null })}>Older runs</Link>
        )}
      </div>
    </section>
  );
}

/** Null without a filter. */
function useRunFilter(): RunFilter | null {
  const { status, error: text } = useUrl().params;
  const error = text === null || text.trim() === '' ? null : text.trim();
  const { startedAfter, startedBefore } = useTimeWindow();
  if (status.length === 0 && error === null && startedAfter === null && startedBefore === null) return null;
  return { status: status.length > 0 ? status : null, startedAfter, startedBefore, error };
}
