/** One workflow: its graph, its runs, its statistics, and a way to run it. */
import { useQuery } from '@apollo/client/react';
import { Play } from 'lucide-react';
import { useParams } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { Failure, Loading } from '../shell/notices.tsx';
import { Views } from '../shell/views.tsx';
import { useUrlQuery } from '../url/query.ts';
import { NodeStatistics } from './node-statistics.tsx';
import { RunForm } from './run-form.tsx';
import { RunsTable } from './runs-table.tsx';
import './workflow-page.css';

const WorkflowGraph = lazyPart(() => import('./workflow-graph.tsx'), 'the graph');

const WORKFLOW = graphql(`
  query Workflow($id: ID!) {
    workflow(id: $id) {
      id
      name
      description
      version
      status
      graph {
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

export function WorkflowPage() {
  const { workflowId = '' } = useParams();
  const url = useUrlQuery();
  const { data, error, loading, refetch } = useQuery(WORKFLOW, { variables: { id: workflowId } });
  const workflow = data?.workflow;
  const name = workflow?.name ?? workflowId;
  const view = url.read('tab') ?? 'runs';
  const isFormOpen = url.read('run') === 'new';

  if (loading && !workflow) return <Loading what="the workflow" />;
  return (
    <>
      <Breadcrumb crumbs={[{ label: 'Workflows', to: '/' }]} here={name} />
      <div className="toolbar workflow-bar">
        <h1>{name}</h1>
        {workflow?.version != null && <span className="muted">v{workflow.version}</span>}
        <button
          type="button"
          className="primary"
          aria-expanded={isFormOpen}
          onClick={() => {
            url.change({ run: isFormOpen ? null : 'new' }, { replace: true });
          }}
        >
          <Play aria-hidden="true" /> Run
        </button>
      </div>
      {error && <Failure error={error} what="workflow" isPartial={workflow != null} onRetry={() => void refetch()} />}
      {isFormOpen && <RunForm workflowId={workflowId} />}
      {workflow && (
        <>
          <p className="muted">{workflow.description}</p>
          <Facts>
            <Fact name="Succeeded" hint="Completed runs as a part of the finished ones">
              {formatShare(workflow.statistics?.successRate)}
            </Fact>
            <Fact name="Failed">{formatCount(workflow.statistics?.failedCount)}</Fact>
            <Fact name="Runs looked at">{formatCount(workflow.statistics?.runCount)}</Fact>
            <Fact name="Usual time" hint="Half of the finished runs took at most this long">
              {formatDuration(workflow.statistics?.wallClockMs?.p50)}
            </Fact>
            <Fact name="95 % within">{formatDuration(workflow.statistics?.wallClockMs?.p95)}</Fact>
            <Fact name="Slowest">{formatDuration(workflow.statistics?.wallClockMs?.max)}</Fact>
          </Facts>
        </>
      )}
      {workflow?.graph && (
        <section className="panel workflow-graph-panel" aria-label="Graph">
          <WorkflowGraph graph={workflow.graph} />
        </section>
      )}
      <Views
        current={view}
        views={[
          { name: 'runs', label: 'Runs' },
          { name: 'nodes', label: 'Statistics by node' },
        ]}
      />
      {view === 'nodes' ? <NodeStatistics workflowId={workflowId} /> : <RunsTable workflowId={workflowId} />}
    </>
  );
}
