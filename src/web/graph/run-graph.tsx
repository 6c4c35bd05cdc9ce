/** The workflow's graph in the colours of one run: a node has the status of its latest execution, and opens that step. */
import { useMemo } from 'react';
import { useQuery } from '@apollo/client/react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import type { ListedStep } from '../run/steps.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { statusClass, StatusIcon, statusWord } from '../status/status.tsx';
import { useUrlQuery, type UrlQuery } from '../url/query.ts';
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
  readonly steps: readonly ListedStep[];
}

export default function RunGraph({ workflowId, steps }: RunGraphProps) {
  const url = useUrlQuery();
  const { data, error, loading, refetch } = useQuery(GRAPH_OF_WORKFLOW, {
    variables: { workflowId },
    fetchPolicy: 'cache-first',
  });
  const graph = readFragment(WORKFLOW_GRAPH, data?.workflow?.graph);
  const latest = useMemo(
    () => new Map(steps.flatMap((step) => (step.attempt === step.attemptCount ? [[step.nodeId, step]] : []))),
    [steps],
  );

  if (loading && !graph) return <Loading what="the graph" />;
  if (error && !graph) return <Failure error={error} what="graph" onRetry={() => void refetch()} />;
  if (!graph || graph.nodes.length === 0) return <Empty title="The upstream has no graph of this workflow" />;
  return (
    <Graph
      graph={graph}
      label="Graph of the run"
      lookOf={(nodeId) => lookOf(latest.get(nodeId) ?? null, url)}
      extras={EXTRAS}
    />
  );
}

function lookOf(step: ListedStep | null, url: UrlQuery): NodeLook {
  if (!step) return { className: 'not-run', note: 'not run', words: 'not run' };
  const times = step.attemptCount > 1 ? `${step.attemptCount}×` : null;
  const took = step.durationMs == null ? null : formatDuration(step.durationMs);
  return {
    className: statusClass(step.status),
    icon: <StatusIcon status={step.status} />,
    note: [took, times].filter((part) => part !== null).join(', '),
    words: statusWord(step.status),
    to: url.with({ step: step.id, path: null, side: null }),
    isCurrent: url.read('step') === step.id,
  };
}
