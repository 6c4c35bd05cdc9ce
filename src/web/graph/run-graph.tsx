/** Graph of a workflow with the statuses of one run. A node shows its latest execution and opens that step. */
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { useIsMoving } from '../run/freshness.tsx';
import type { UsualNodes } from '../run/expectation.tsx';
import type { LatestSteps, ListedStep } from '../run/steps.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { statusClass, StatusIcon, statusWord } from '../status/status.tsx';
import { Ticking } from '../time/time.tsx';
import { useUrl, type Url } from '../url/url.ts';
import { Graph } from './graph.tsx';
import type { NodeLook } from './graph-node.tsx';
import { WORKFLOW_GRAPH } from './workflow-graph.tsx';

const GRAPH_OF_WORKFLOW = graphql(`
  query GraphOfWorkflow($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      graph {
        ...WorkflowGraph
      }
    }
  }
`);

const EXTRAS = { icon: 24, note: 80 };

export interface RunGraphProps {
  readonly workflowId: string;
  readonly run: Parameters<typeof useIsMoving>[0];
  readonly latest: LatestSteps;
  readonly usual: UsualNodes;
}

export default function RunGraph({ workflowId, run, latest, usual }: RunGraphProps) {
  const isMoving = useIsMoving(run);
  const url = useUrl();
  const { value: graph, ...query } = useGatewayQuery(GRAPH_OF_WORKFLOW, {
    variables: { workflowId },
    read: (data) => readFragment(WORKFLOW_GRAPH, data.workflow?.graph),
    fetchPolicy: 'cache-first',
  });

  if (query.isLoading) return <Loading what="the graph" />;
  if (query.error && !graph) return <Failure error={query.error} what="graph" onRetry={query.refetch} />;
  if (!graph || graph.nodes.length === 0)
    return <Empty title="The upstream doesn’t provide a graph of this workflow" />;
  return (
    <Graph
      graph={graph}
      label="Graph of the run"
      lookOf={(nodeId) => {
        const step = latest.get(nodeId);
        return step ? lookOf(step, isMoving, url) : notRun(isMoving, usual.get(nodeId)?.p50Ms);
      }}
      extras={EXTRAS}
    />
  );
}

function notRun(isMoving: boolean, usualMs: number | undefined): NodeLook {
  const words = isMoving && usualMs !== undefined ? `usually ${formatDuration(usualMs)}` : 'not run';
  return { className: 'not-run', note: words, words };
}

function lookOf(step: ListedStep, isMoving: boolean, url: Url): NodeLook {
  const times = step.attemptCount > 1 ? `${step.attemptCount}×` : null;
  return {
    className: statusClass(step.status),
    icon: <StatusIcon status={step.status} />,
    note:
      step.durationMs == null ? (
        times
      ) : (
        <>
          <Ticking ms={step.durationMs} isTicking={isMoving && step.durationSource === 'LIVE'} />
          {times !== null && `, ${times}`}
        </>
      ),
    words: statusWord(step.status),
    to: url.link({ step: step.id }),
    isCurrent: url.params.step === step.id,
  };
}
