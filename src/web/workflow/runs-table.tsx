/** Runs of a workflow, newest first, page by page, with live updates. */
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { Pager, RUN_PAGES } from '../controls/pager.tsx';
import { LiveMark } from '../live/live-mark.tsx';
import { ASK_EVERY_MS, useRunPage } from '../run-list/live-runs.ts';
import type { ChangedRuns, ListedRun } from '../run-list/merged-runs.ts';
import { RunList } from '../run-list/run-list.tsx';
import { InputsAndTime, useRunFilter } from '../run-list/run-filter.tsx';
import { RunSearch, Searched } from '../run-list/run-search.tsx';
import { Empty, Failure, Skeleton } from '../shell/notices.tsx';
import { StatusFilter } from '../status/status-filter.tsx';
import { TimeWindowPicker } from '../time/time-window-picker.tsx';
import { comparisonLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';

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
        runsExamined
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
  const { runs, page, error, isLoading, refetch } = useRunPage(RUNS, changed, {
    variables: { workflowId, first: PAGE_SIZE, after, filter },
    read: (data) => data.workflow?.runs,
  });
  const ticked = useTickedRuns(runs ?? []);

  return (
    <section aria-label="Runs">
      <div className="toolbar runs-bar">
        <StatusFilter />
        <TimeWindowPicker all="Any time" />
        <RunSearch />
        <InputsAndTime />
        <LiveMark everyMs={ASK_EVERY_MS} />
      </div>
      {error && <Failure error={error} what="list of runs" isPartial={page != null} onRetry={refetch} />}
      {isLoading && <Skeleton what="runs" rows={PAGE_SIZE} />}
      {runs?.length === 0 && <Empty title={filter ? 'No run fits these filters' : 'No runs yet'} />}
      {runs && runs.length > 0 && <RunList label="Runs of this workflow" runs={runs} tickOf={ticked.tickOf} />}
      {page && filter && <Searched runsExamined={page.runsExamined} hasOlder={page.pageInfo.hasNextPage} />}
      {ticked.link && <div className="compare-bar">{ticked.link}</div>}
      <Pager
        name="after"
        cursor={after}
        linkOf={(cursor) => url.link({ after: cursor })}
        endCursor={page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
        labels={RUN_PAGES}
      />
    </section>
  );
}

interface TickedRuns {
  readonly tickOf: (run: ListedRun) => ReactNode;
  /** Leads to the comparison, or says that a second run is needed. */
  readonly link: ReactNode;
}

/** Two ticked runs of a list, newest first, are compared: the older one is the base. */
function useTickedRuns(runs: readonly ListedRun[]): TickedRuns {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [head, base] = runs.filter(({ id }) => ids.includes(id));
  return {
    tickOf: ({ id }) => (
      <input
        type="checkbox"
        className="compare-tick"
        aria-label={`Compare ${id}`}
        title="Tick two runs to compare them"
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
