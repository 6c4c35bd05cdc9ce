/** Compares this run with another run of its workflow, node by node. The default is the run's baseline. */
import './comparison.css';
import { useId } from 'react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatAgo } from '../time/ago.ts';
import { useNow } from '../time/now.ts';
import { CHANGE } from '../failures/changes.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import type { OtherRunFragment } from '../__generated__/graphql.ts';
import { statusWord } from '../status/status.tsx';
import { useUrl } from '../url/url.ts';
import { ComparisonTable } from './comparison-table.tsx';

const OTHER_RUN = graphql(`
  fragment OtherRun on Run {
    id
    workflowId
    status
    startedAt
    wallClockMs
  }
`);

const OTHER_RUNS = graphql(`
  query OtherRuns($workflowId: ID!, $runId: ID!) {
    workflow(id: $workflowId) {
      id
      runs(first: 50) {
        nodes {
          ...OtherRun
        }
      }
    }
    run(workflowId: $workflowId, id: $runId) {
      id
      workflowId
      lastSuccessBefore {
        ...OtherRun
      }
      baseline {
        reason
        run {
          ...OtherRun
        }
        changes {
          ...Change
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

const BASELINES = {
  BEFORE_CHANGE: 'Before the change',
  BEFORE_FAILURES: 'Before the failures began',
} as const;

export interface ComparisonProps {
  readonly workflowId: string;
  readonly runId: string;
  /** Version of this run. A new version repeats the comparison. */
  readonly version: string;
}

export default function Comparison({ workflowId, runId, version }: ComparisonProps) {
  const id = useId();
  const url = useUrl();
  const nowMs = useNow();
  // Not cached: an event of the run would remove the error, and runs that failed to load would look like no runs.
  const others = useGatewayQuery(OTHER_RUNS, {
    variables: { workflowId, runId },
    read: (data) => data,
    fetchPolicy: 'no-cache',
  });
  const { lastSuccessBefore, baseline } = others.value?.run ?? {};
  // The cause may already be in the success right before an intermittent failure.
  const choices = onceEach([
    { name: BASELINES[baseline?.reason ?? 'BEFORE_FAILURES'], run: readFragment(OTHER_RUN, baseline?.run) },
    { name: 'Last success', run: readFragment(OTHER_RUN, lastSuccessBefore) },
    ...(others.value?.workflow?.runs?.nodes ?? []).map((masked) => ({
      name: null,
      run: readFragment(OTHER_RUN, masked),
    })),
  ]).filter(({ run }) => run.id !== runId);
  const usualId = choices.find(({ name }) => name !== null)?.run.id ?? null;
  const baseId = url.params.with ?? usualId;
  const { value: compared, ...query } = useGatewayQuery(COMPARE_RUNS, {
    variables: baseId === null ? null : { workflowId, baseId, headId: runId },
    read: (data) => data.compareRuns,
    version,
    fetchPolicy: 'no-cache',
  });

  return (
    <section aria-label="Comparison" className="comparison stack">
      <div className="toolbar">
        <label htmlFor={id}>Compare with</label>
        <select
          id={id}
          value={baseId ?? ''}
          onChange={({ target }) => url.go({ with: target.value === usualId ? null : target.value })}
        >
          {baseId === null && <option value="">choose a run…</option>}
          {baseId !== null && !choices.some(({ run }) => run.id === baseId) && <option value={baseId}>{baseId}</option>}
          {choices.map(({ name, run }) => (
            <option key={run.id} value={run.id}>
              {name ?? statusWord(run.status)} · {describe(run, nowMs)}
            </option>
          ))}
        </select>
      </div>
      {others.error && baseId === null && <Failure error={others.error} what="list of runs" onRetry={others.refetch} />}
      {others.value && !others.error && baseId === null && (
        <Empty title="No run before this one succeeded">
          <p>Choose another run to compare with.</p>
        </Empty>
      )}
      {(query.isLoading || (others.isLoading && baseId === null)) && <Loading what="both runs" />}
      {query.error && (
        <Failure error={query.error} what="comparison" isPartial={compared != null} onRetry={query.refetch} />
      )}
      {compared && (
        <ComparisonTable
          key={baseId}
          comparison={compared}
          changes={
            readFragment(OTHER_RUN, baseline?.run)?.id === baseId ? (readFragment(CHANGE, baseline?.changes) ?? []) : []
          }
        />
      )}
    </section>
  );
}

interface Choice {
  /** `null` if its status is its label. */
  readonly name: string | null;
  readonly run: OtherRunFragment | null | undefined;
}

const onceEach = (choices: readonly Choice[]) =>
  choices.flatMap(({ name, run }, index) =>
    run && choices.findIndex((one) => one.run?.id === run.id) === index ? [{ name, run }] : [],
  );

const describe = ({ id, startedAt, wallClockMs }: OtherRunFragment, nowMs: number): string =>
  [formatDuration(wallClockMs), startedAt === null ? null : formatAgo(Date.parse(startedAt), nowMs), id]
    .filter((part) => part !== null)
    .join(' · ');
