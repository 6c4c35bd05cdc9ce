/** Failures, retries, durations and tokens of each node over the latest runs. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { NodeStatisticsQuery } from '../__generated__/graphql.ts';
import { DataTable, type Column } from '../controls/data-table.tsx';
import { formatDuration } from '../format/duration.ts';
import { formatCompact, formatCount } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Empty, Failure, Skeleton } from '../shell/notices.tsx';
import { useUrl } from '../url/url.ts';

const NODE_STATISTICS = graphql(`
  query NodeStatistics($workflowId: ID!, $last: Int!) {
    workflow(id: $workflowId) {
      id
      nodeStatistics: statistics(last: $last) {
        runCount
        nodes {
          nodeId
          executionCount
          failureCount
          retryCount
          durationMs {
            p50
            p95
            max
          }
          totalTokens
        }
      }
    }
  }
`);

type Node = NonNullable<NonNullable<NonNullable<NodeStatisticsQuery['workflow']>['nodeStatistics']>['nodes']>[number];

const FIGURES: readonly Column<Node>[] = [
  { name: 'Executions', isNumber: true, cell: ({ executionCount }) => formatCount(executionCount) },
  {
    name: 'Failures',
    isNumber: true,
    className: ({ failureCount }) => (failureCount > 0 ? 'bad' : ''),
    cell: ({ failureCount }) => formatCount(failureCount),
  },
  { name: 'Retries', isNumber: true, cell: ({ retryCount }) => formatCount(retryCount) },
  { name: 'Median', isNumber: true, cell: ({ durationMs }) => formatDuration(durationMs?.p50, 'none') },
  { name: 'p95', isNumber: true, cell: ({ durationMs }) => formatDuration(durationMs?.p95, 'none') },
  { name: 'Slowest', isNumber: true, cell: ({ durationMs }) => formatDuration(durationMs?.max, 'none') },
  { name: 'Tokens', isNumber: true, cell: ({ totalTokens }) => formatCompact(totalTokens) },
];

/** The gateway needs one upstream call for each run that is not cached. */
const LAST_RUNS = 50;

export function NodeStatistics({ workflowId }: { readonly workflowId: string }) {
  const url = useUrl();
  const { value: statistics, ...query } = useGatewayQuery(NODE_STATISTICS, {
    variables: { workflowId, last: LAST_RUNS },
    read: (data) => data.workflow?.nodeStatistics,
  });
  const nodes = statistics?.nodes;
  if (query.isLoading) return <Skeleton what="the steps of the latest runs" rows={6} />;
  if (query.error && !nodes) return <Failure error={query.error} what="statistics" onRetry={query.refetch} />;
  if (!nodes || nodes.length === 0) return <Empty title="No runs yet" />;
  return (
    <section aria-label="Statistics by node">
      <p className="muted">Over the last {statistics.runCount} runs.</p>
      <DataTable
        label="Table of nodes"
        rows={nodes}
        keyOf={({ nodeId }) => nodeId}
        columns={[
          {
            name: 'Node',
            className: 'mono node-name',
            cell: ({ nodeId }) => (
              <Link to={url.link({ tab: 'trends', node: nodeId })} className="ellipsis" title={nodeId}>
                <bdi>{nodeId}</bdi>
              </Link>
            ),
          },
          ...FIGURES,
        ]}
      />
    </section>
  );
}
