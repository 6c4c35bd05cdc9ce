/** The runs of a workflow, newest first, page by page. What starts or changes shows by itself. */
import { useMemo } from 'react';
import { useQuery } from '@apollo/client/react';
import { Link } from 'react-router';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { Moment } from '../format/time.tsx';
import { useLiveState } from '../live/connection.ts';
import { ListMark } from '../live/list-mark.tsx';
import { useLiveAgain } from '../live/live-again.ts';
import { LISTED_RUN } from '../runs/live-runs.ts';
import { mergeRuns, type ChangedRuns } from '../runs/merged-runs.ts';
import { Empty, Failure, Loading, Warning } from '../shell/notices.tsx';
import { shownData } from '../shell/shown-data.ts';
import { useUrlQuery } from '../url/query.ts';
import { useFailures } from './failures.ts';
import { RunFilters, useRunFilter } from './run-filters.tsx';
import { RunRow } from './run-row.tsx';

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
/** Where there is no live connection. */
const ASK_EVERY_MS = 10_000;

export interface RunsTableProps {
  readonly workflowId: string;
  /** What has changed since the page was opened. */
  readonly changed: ChangedRuns;
}

export function RunsTable({ workflowId, changed }: RunsTableProps) {
  const url = useUrlQuery();
  const filter = useRunFilter();
  const after = url.read('after');
  const { kind } = useLiveState();
  const query = useQuery(RUNS, {
    variables: { workflowId, first: PAGE_SIZE, after, filter },
    pollInterval: kind === 'live' ? 0 : ASK_EVERY_MS,
    skipPollAttempt: () => document.hidden,
  });
  const { error, loading, refetch } = query;
  useLiveAgain(() => void refetch());
  const page = shownData(query)?.workflow?.runs;
  const runs = useMemo(() => {
    if (!page) return undefined;
    const listed = page.nodes.flatMap((run) => (run ? [readFragment(LISTED_RUN, run)] : []));
    return mergeRuns(listed, changed, filter ?? {}, page.pageInfo);
  }, [page, changed, filter]);
  const failures = useFailures(
    workflowId,
    (runs ?? []).filter(({ status }) => status === 'FAILED').map(({ id }) => id),
  );
  const staleSince = runs?.flatMap(({ freshness }) => (freshness.isStale ? [freshness.fetchedAt] : [])).sort()[0];

  return (
    <section aria-label="Runs">
      <div className="toolbar runs-bar">
        <RunFilters />
        <ListMark />
      </div>
      {error && <Failure error={error} what="list of runs" isPartial={page != null} onRetry={() => void refetch()} />}
      {staleSince !== undefined && (
        <Warning>
          Stale since <Moment at={staleSince} />: the upstream can’t be asked just now.
        </Warning>
      )}
      {loading && !page && <Loading what="runs" />}
      {runs?.length === 0 && page && (
        <Empty title={filter ? 'No run fits these filters' : 'No runs yet'}>
          {page.pageInfo.hasNextPage && <p>Only the latest 500 were looked at: there may be older ones.</p>}
        </Empty>
      )}
      {runs && runs.length > 0 && (
        <div className="panel scroll-x" tabIndex={0} role="region" aria-label="Table of runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Run</th>
                <th scope="col">Error</th>
                <th scope="col">Started</th>
                <th scope="col" className="number">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <RunRow key={run.id} run={run} failure={failures.get(run.id)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="toolbar pages">
        {page?.pageInfo.hasPreviousPage && <Link to={url.with({ after: null })}>Newest runs</Link>}
        {page?.pageInfo.hasNextPage && (
          <Link to={url.with({ after: page.pageInfo.endCursor ?? null })}>Older runs</Link>
        )}
      </div>
    </section>
  );
}
