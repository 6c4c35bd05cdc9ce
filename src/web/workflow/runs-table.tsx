/** The runs of a workflow, newest first, page by page; what is under way is followed. */
import { useEffect } from 'react';
import { useQuery } from '@apollo/client/react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { RunStatus } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { Ago, Moment } from '../format/time.tsx';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { StatusBadge } from '../status/status.tsx';
import { runPath, useUrlQuery } from '../url/query.ts';
import { RunFilters, useRunFilter } from './run-filters.tsx';

const RUNS = graphql(`
  query Runs($workflowId: ID!, $first: Int!, $after: String, $filter: RunFilter) {
    workflow(id: $workflowId) {
      id
      runs(first: $first, after: $after, filter: $filter) {
        nodes {
          id
          workflowId
          status
          statusIsInferred
          isFinished
          startedAt
          wallClockMs
          error
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
/** While a run of the page is under way. */
const FOLLOW_EVERY_MS = 3000;

export function RunsTable({ workflowId }: { readonly workflowId: string }) {
  const url = useUrlQuery();
  const filter = useRunFilter();
  const { data, error, loading, refetch, startPolling, stopPolling } = useQuery(RUNS, {
    variables: { workflowId, first: PAGE_SIZE, after: url.read('after'), filter },
    skipPollAttempt: () => document.hidden,
  });
  const page = data?.workflow?.runs;
  const runs = page?.nodes.filter((run) => run !== null) ?? [];
  const isMoving = runs.some((run) => !run.isFinished);
  useEffect(() => {
    if (!isMoving) return undefined;
    startPolling(FOLLOW_EVERY_MS);
    return stopPolling;
  }, [isMoving, startPolling, stopPolling]);

  return (
    <section aria-label="Runs">
      <RunFilters />
      {error && <Failure error={error} what="list of runs" isPartial={page != null} onRetry={() => void refetch()} />}
      {loading && !page && <Loading what="runs" />}
      {page && runs.length === 0 && (
        <Empty title={filter ? 'No run fits these filters' : 'No runs yet'}>
          {page.pageInfo.hasNextPage && <p>Only the latest 500 were looked at: there may be older ones.</p>}
        </Empty>
      )}
      {runs.length > 0 && (
        <div className="panel scroll-x" tabIndex={0} role="region" aria-label="Table of runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Run</th>
                <th scope="col">Started</th>
                <th scope="col" className="number">
                  Took
                </th>
                <th scope="col">Error</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <Row key={run.id} run={run} />
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

interface RunOfTable {
  readonly id: string;
  readonly workflowId: string;
  readonly status: RunStatus;
  readonly statusIsInferred: boolean;
  readonly startedAt: string | null | undefined;
  readonly wallClockMs: number | null | undefined;
  readonly error: string | null | undefined;
}

function Row({ run }: { readonly run: RunOfTable }) {
  return (
    <tr>
      <td>
        <StatusBadge status={run.status} isInferred={run.statusIsInferred} />
      </td>
      <td>
        <Link to={runPath(run.workflowId, run.id)} className="mono run-id" title={run.id} data-row>
          <bdi>{run.id}</bdi>
        </Link>
      </td>
      <td className="started">
        <Moment at={run.startedAt} />{' '}
        <span className="muted">
          <Ago at={run.startedAt} />
        </span>
      </td>
      <td className="number">{formatDuration(run.wallClockMs)}</td>
      <td className="run-error" title={run.error ?? undefined}>
        <bdi>{run.error}</bdi>
      </td>
    </tr>
  );
}
