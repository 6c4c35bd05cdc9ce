/** This run beside another one of its workflow, node by node. */
import { useId } from 'react';
import { skipToken, useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { useNow } from '../format/now.ts';
import { formatAgo } from '../format/time.tsx';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { statusWord } from '../status/status.tsx';
import { useUrlQuery } from '../url/query.ts';
import { ComparisonTable } from './comparison-table.tsx';
import './comparison.css';

const OTHER_RUNS = graphql(`
  query OtherRuns($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      runs(first: 50) {
        nodes {
          id
          workflowId
          status
          startedAt
          wallClockMs
        }
      }
    }
  }
`);

const COMPARE_RUNS = graphql(`
  query CompareRuns($workflowId: ID!, $baseId: ID!, $headId: ID!) {
    compareRuns(workflowId: $workflowId, baseId: $baseId, headId: $headId) {
      ...ComparisonTable
    }
  }
`);

export interface ComparisonProps {
  readonly workflowId: string;
  readonly runId: string;
}

export default function Comparison({ workflowId, runId }: ComparisonProps) {
  const id = useId();
  const url = useUrlQuery();
  const nowMs = useNow();
  const baseId = url.read('with');
  const others = useQuery(OTHER_RUNS, { variables: { workflowId } });
  const { data, error, loading, refetch } = useQuery(
    COMPARE_RUNS,
    baseId === null ? skipToken : { variables: { workflowId, baseId, headId: runId }, fetchPolicy: 'no-cache' },
  );
  const runs = others.data?.workflow?.runs?.nodes.filter((run) => run !== null && run.id !== runId) ?? [];
  const isListed = baseId === null || runs.some((run) => run?.id === baseId);

  return (
    <section aria-label="Comparison" className="comparison">
      <div className="toolbar">
        <label htmlFor={id}>Compare with</label>
        <select
          id={id}
          value={baseId ?? ''}
          onChange={({ target }) => {
            url.change({ with: target.value });
          }}
        >
          <option value="">choose a run…</option>
          {!isListed && <option value={baseId}>{baseId}</option>}
          {runs.map(
            (run) =>
              run && (
                <option key={run.id} value={run.id}>
                  {statusWord(run.status)} · {formatDuration(run.wallClockMs)}
                  {run.startedAt != null && ` · ${formatAgo(Date.parse(run.startedAt), nowMs)}`} · {run.id}
                </option>
              ),
          )}
        </select>
      </div>
      {baseId === null && (
        <Empty title="What changed?">
          <p>Choose an older run, and see node by node what became slower, broke, or was mended since.</p>
        </Empty>
      )}
      {loading && <Loading what="both runs" />}
      {error && (
        <Failure error={error} what="comparison" isPartial={data?.compareRuns != null} onRetry={() => void refetch()} />
      )}
      {data?.compareRuns && <ComparisonTable comparison={data.compareRuns} />}
    </section>
  );
}
