/** Page of one workflow: graph, runs, trends, statistics, and a form that starts a run. */
import './workflow.css';
import { useMemo, useRef } from 'react';
import { isNotFound } from '../live/errors.ts';
import { graphql } from '../__generated__/gql.ts';
import type { WorkflowQuery } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatShare, NOT_REPORTED } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { useThrottled } from '../hooks/timing.ts';
import { LiveMark } from '../live/live-mark.tsx';
import { ASK_EVERY_MS, useChangedRuns } from '../run-list/live-runs.ts';
import { RunList } from '../run-list/run-list.tsx';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Contained } from '../shell/contained.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { Play } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { Empty, Failure, Skeleton } from '../shell/notices.tsx';
import { UpstreamLink } from '../shell/upstream-link.tsx';
import { Views } from '../shell/views.tsx';
import { TimeWindowPicker } from '../time/time-window-picker.tsx';
import { Ago } from '../time/time.tsx';
import { useIds } from '../url/ids.ts';
import { useUrl } from '../url/url.ts';
import { NodeStatistics } from './node-statistics.tsx';
import { RunForm } from './run-form.tsx';

const WorkflowGraph = lazyPart(() => import('../graph/workflow-graph.tsx'), 'the graph');
const Trends = lazyPart(() => import('../trends/trends.tsx'), 'the trends');

const WORKFLOW = graphql(`
  query Workflow($id: ID!) {
    workflow(id: $id) {
      id
      name
      description
      version
      upstreamUrl
      status
      updatedAt
      updatedBy
      mayExecute
      graph {
        nodes {
          id
        }
        ...WorkflowGraph
      }
      statistics(last: 100) {
        runCount
        finishedCount
        successRate
        failedCount
        wallClockMs {
          p50
          p95
          max
        }
      }
    }
  }
`);

/** Statistics may lag behind the runs, so they are refetched at most this often. */
const REFRESH_EVERY_MS = 3000;

const VIEWS = [
  { name: 'runs', label: 'Runs' },
  { name: 'trends', label: 'Trends and failures' },
  { name: 'nodes', label: 'Statistics by node' },
] as const;

export default function WorkflowPage() {
  const { workflowId } = useIds();
  return <WorkflowOf key={workflowId} workflowId={workflowId} />;
}

function WorkflowOf({ workflowId }: { readonly workflowId: string }) {
  const url = useUrl();
  const { value: workflow, ...query } = useGatewayQuery(WORKFLOW, {
    variables: { id: workflowId },
    read: (data) => data.workflow,
  });
  const workflowIds = useMemo(() => [workflowId], [workflowId]);
  const refresh = useThrottled(query.refetch, REFRESH_EVERY_MS);
  const changed = useChangedRuns(workflowIds, (_runs, isFirst) => {
    if (!isFirst) refresh();
  });
  const name = workflow?.name ?? workflowId;
  const view = VIEWS.find(({ name }) => name === url.params.tab)?.name ?? 'runs';
  const isFormOpen = url.params.run === 'new';
  const runButton = useRef<HTMLButtonElement>(null);

  function toggleForm(): void {
    url.go({ run: isFormOpen ? null : 'new' });
  }

  // An upstream without a list of workflows may still have runs of this workflow.
  if (query.error && isNotFound(query.error) && (workflow?.statistics?.runCount ?? 0) === 0) {
    return (
      <>
        <Breadcrumb parents={[]} here={name} />
        <Empty isPage title="Workflow not found">
          <p>It does not exist, or not for this key.</p>
        </Empty>
      </>
    );
  }
  return (
    <>
      <Breadcrumb parents={[]} here={name} />
      <div className="toolbar workflow-bar">
        <h1 className="clamp" title={name}>
          <bdi>{name}</bdi>
        </h1>
        {workflow?.version != null && <span className="muted">v{workflow.version}</span>}
        <UpstreamLink url={workflow?.upstreamUrl} />
        {workflow?.mayExecute === true && (
          <button type="button" className="primary" aria-expanded={isFormOpen} ref={runButton} onClick={toggleForm}>
            <Play /> Run
          </button>
        )}
      </div>
      {query.error && (
        <Failure error={query.error} what="workflow" isPartial={workflow != null} onRetry={query.refetch} />
      )}
      {isFormOpen && workflow?.mayExecute !== false && (
        <Contained what="the form">
          <RunForm
            workflowId={workflowId}
            onCancel={() => {
              toggleForm();
              runButton.current?.focus();
            }}
          />
        </Contained>
      )}
      {query.isLoading && !query.error && <Skeleton what="the workflow" rows={3} />}
      {workflow && <Overview workflow={workflow} />}
      {workflow?.graph && <WorkflowGraph graph={workflow.graph} />}
      <Views current={view} views={VIEWS} />
      {view === 'trends' && (
        <Trends workflowId={workflowId} nodeIds={workflow?.graph?.nodes.map(({ id }) => id) ?? []} />
      )}
      {view === 'nodes' && (
        <Contained what="the statistics">
          <NodeStatistics workflowId={workflowId} />
        </Contained>
      )}
      {view === 'runs' && (
        <Contained what="the list of runs">
          <section aria-label="Runs">
            <RunList label="Runs of this workflow" workflowIds={workflowIds} changed={changed}>
              <LiveMark everyMs={ASK_EVERY_MS} />
              <TimeWindowPicker all="Any time" />
            </RunList>
          </section>
        </Contained>
      )}
    </>
  );
}

/** Description of the workflow, its last change, and statistics of its latest runs. */
function Overview({ workflow }: { readonly workflow: NonNullable<WorkflowQuery['workflow']> }) {
  const { description, statistics, updatedAt, updatedBy } = workflow;
  const none = statistics ? 'none' : NOT_REPORTED;
  return (
    <>
      {description != null && (
        <p className="muted workflow-description clamp" title={description}>
          <bdi>{description}</bdi>
        </p>
      )}
      <Facts>
        <Fact name="Success rate" hint="Completed runs as a share of the finished ones">
          {formatShare(statistics?.successRate, none)}
        </Fact>
        <Fact name="Failed">{formatCount(statistics?.failedCount)}</Fact>
        <Fact name="Latest runs" hint="Number of runs that these statistics cover">
          {formatCount(statistics?.runCount)}
        </Fact>
        <Fact name="Median" hint="Half of the finished runs took at most this long">
          {formatDuration(statistics?.wallClockMs?.p50, none)}
        </Fact>
        <Fact name="p95" hint="95% of the finished runs took at most this long">
          {formatDuration(statistics?.wallClockMs?.p95, none)}
        </Fact>
        <Fact name="Slowest">{formatDuration(statistics?.wallClockMs?.max, none)}</Fact>
        <Fact name="Updated" hint="When the workflow itself was last changed, and by whom if the upstream reports it">
          <Ago at={updatedAt} />
          {updatedBy !== null && (
            <span className="fact-part">
              {' '}
              by <bdi>{updatedBy}</bdi>
            </span>
          )}
        </Fact>
      </Facts>
    </>
  );
}
