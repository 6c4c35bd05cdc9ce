/** Compares this run with another run of its workflow, node by node. The default is the last success before it. */
import { useId } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { useNow } from '../timing/now.ts';
import { formatAgo } from '../format/time.tsx';
import { useAnswer } from '../live/answer.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { statusWord, type Status } from '../status/status.tsx';
import { useUrlQuery } from '../url/query.ts';
import { ComparisonTable } from './comparison-table.tsx';
import './comparison.css';

const OTHER_RUNS = graphql(`
  query OtherRuns($workflowId: ID!, $runId: ID!) {
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
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      lastSuccessBefore {
        id
        workflowId
        status
        startedAt
        wallClockMs
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
  /** Version of this run. A new version compares again. */
  readonly version: string;
}

export default function Comparison({ workflowId, runId, version }: ComparisonProps) {
  const id = useId();
  const url = useUrlQuery();
  const nowMs = useNow();
  // Not cached: an event of the run would remove the error, and runs that failed to load would look like no runs.
  const others = useAnswer(OTHER_RUNS, {
    variables: { workflowId, runId },
    read: (data) => data,
    fetchPolicy: 'no-cache',
  });
  const lastSuccess = others.value?.run?.lastSuccessBefore ?? null;
  const baseId = url.read('with') ?? lastSuccess?.id ?? null;
  const {
    value: compared,
    error,
    isLoading,
    retry,
  } = useAnswer(COMPARE_RUNS, {
    variables: baseId === null ? null : { workflowId, baseId, headId: runId },
    read: (data) => data.compareRuns,
    version,
    fetchPolicy: 'no-cache',
  });
  const runs = (others.value?.workflow?.runs?.nodes ?? []).filter(
    (run) => run !== null && run.id !== runId && run.id !== lastSuccess?.id,
  );
  const isListed = baseId === null || baseId === lastSuccess?.id || runs.some((run) => run?.id === baseId);

  return (
    <section aria-label="Comparison" className="comparison">
      <div className="toolbar">
        <label htmlFor={id}>Compare with</label>
        <select
          id={id}
          value={baseId ?? ''}
          onChange={({ target }) => {
            url.change({ with: target.value === lastSuccess?.id ? null : target.value, node: null, diff: null });
          }}
        >
          {baseId === null && <option value="">choose a run…</option>}
          {!isListed && <option value={baseId}>{baseId}</option>}
          {lastSuccess && <option value={lastSuccess.id}>Last success before · {describe(lastSuccess, nowMs)}</option>}
          {runs.map(
            (run) =>
              run && (
                <option key={run.id} value={run.id}>
                  {statusWord(run.status)} · {describe(run, nowMs)}
                </option>
              ),
          )}
        </select>
      </div>
      {others.error && baseId === null && <Failure error={others.error} what="list of runs" onRetry={others.retry} />}
      {others.value && !others.error && baseId === null && (
        <Empty title="No run before this one succeeded">
          <p>Choose another run to compare with.</p>
        </Empty>
      )}
      {(isLoading || (others.isLoading && baseId === null)) && <Loading what="both runs" />}
      {error && <Failure error={error} what="comparison" isPartial={compared != null} onRetry={retry} />}
      {compared && <ComparisonTable key={baseId} comparison={compared} />}
    </section>
  );
}

interface OtherRun {
  readonly id: string;
  readonly status: Status;
  readonly startedAt: string | null;
  readonly wallClockMs: number | null;
}

const describe = ({ id, startedAt, wallClockMs }: OtherRun, nowMs: number): string =>
  [formatDuration(wallClockMs), startedAt === null ? null : formatAgo(Date.parse(startedAt), nowMs), id]
    .filter((part) => part !== null)
    .join(' · ');
