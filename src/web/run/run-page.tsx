/** One run: where it stands, where its time went, why it failed. It moves by itself while the run does. */
import { skipToken, useQuery, useSubscription } from '@apollo/client/react';
import { useParams } from 'react-router';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { useLiveState } from '../live/connection.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Contained } from '../shell/contained.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { Failure, Loading } from '../shell/notices.tsx';
import { Views } from '../shell/views.tsx';
import { useUrlQuery, workflowPath } from '../url/query.ts';
import { FailedSteps } from './failed-steps.tsx';
import { FreshnessNotice } from './freshness.tsx';
import { RunHeader } from './run-header.tsx';
import { RunInsights } from './run-insights.tsx';
import { RunTimeline } from './run-timeline.tsx';
import { StepsTable } from './steps-table.tsx';
import './run-page.css';

const StepDetail = lazyPart(() => import('./step-detail.tsx'), 'the step');
const RunPayload = lazyPart(() => import('./run-payload.tsx'), 'the inputs and outputs');
const Comparison = lazyPart(() => import('../comparison/comparison.tsx'), 'the comparison');

const RunGraph = lazyPart(() => import('../graph/run-graph.tsx'), 'the graph');

const RUN_VIEW = graphql(`
  fragment RunView on Run {
    id
    workflowId
    status
    freshness {
      isFinal
    }
    ...RunHeader
    ...RunFreshness
    ...FailedSteps
    ...RunTimeline
    ...StepsTable
    ...RunInsights
    ...RunGraph
  }
`);

const RUN = graphql(`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      workflow {
        id
        name
      }
      ...RunView
    }
  }
`);

const RUN_UPDATED = graphql(`
  subscription RunUpdated($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
      ...RunView
    }
  }
`);

/** Where the gateway offers no live connection. */
const ASK_EVERY_MS = 2000;

export function RunPage() {
  const { workflowId = '', runId = '' } = useParams();
  const variables = { workflowId, id: runId };
  const live = useLiveState();
  const url = useUrlQuery();
  const query = useQuery(RUN, {
    variables,
    pollInterval: live.kind === 'unavailable' ? ASK_EVERY_MS : 0,
    // Only what is not final may change.
    nextFetchPolicy: 'cache-first',
  });
  const answered = query.data?.run;
  const run = readFragment(RUN_VIEW, answered);

  // What it tells goes into the cache, and reaches the query from there.
  useSubscription(
    RUN_UPDATED,
    run && !run.freshness.isFinal ? { variables, ignoreResults: true, errorPolicy: 'all' } : skipToken,
  );

  const workflowName = answered?.workflow.name ?? workflowId;
  const crumbs = [
    { label: 'Workflows', to: '/' },
    { label: workflowName, to: workflowPath(workflowId) },
  ];
  const view = url.read('tab') ?? 'timeline';
  const stepId = url.read('step');

  return (
    <>
      <Breadcrumb crumbs={crumbs} here={runId} status={run?.status} />
      {!run && <h1 className="mono run-missing">{runId}</h1>}
      {query.error && (
        <Failure error={query.error} what="run" isPartial={run != null} onRetry={() => void query.refetch()} />
      )}
      {query.loading && !run && <Loading what="the run" />}
      {run && (
        <>
          <RunHeader run={run} />
          <FreshnessNotice run={run} />
          <FailedSteps run={run} />
          <Views
            current={view}
            views={[
              { name: 'timeline', label: 'Timeline' },
              { name: 'graph', label: 'Graph' },
              { name: 'steps', label: 'Steps' },
              { name: 'payload', label: 'Inputs and outputs' },
              { name: 'compare', label: 'Compare with…' },
            ]}
          />
          <div className={stepId === null ? 'run-body' : 'run-body with-step'}>
            <div className="run-view">
              {view === 'timeline' && (
                <Contained what="the timeline">
                  <RunTimeline run={run} />
                  <RunInsights run={run} />
                </Contained>
              )}
              {view === 'graph' && <RunGraph run={run} />}
              {view === 'steps' && <StepsTable run={run} />}
              {view === 'payload' && <RunPayload workflowId={workflowId} runId={runId} />}
              {view === 'compare' && <Comparison workflowId={workflowId} runId={runId} />}
            </div>
            {stepId !== null && <StepDetail key={stepId} workflowId={workflowId} runId={runId} stepId={stepId} />}
          </div>
        </>
      )}
    </>
  );
}
