/** Failures, retries, durations and tokens of each node over the latest runs. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCompact, formatCount } from '../format/numbers.ts';
import { useAnswer } from '../live/answer.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
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

/** The gateway needs one upstream call for each run that is not cached. */
const LAST_RUNS = 50;

export function NodeStatistics({ workflowId }: { readonly workflowId: string }) {
  const url = useUrl();
  const {
    value: statistics,
    error,
    isLoading,
    retry,
  } = useAnswer(NODE_STATISTICS, {
    variables: { workflowId, last: LAST_RUNS },
    read: (data) => data.workflow?.nodeStatistics,
  });
  const nodes = statistics?.nodes;
  if (isLoading) return <Loading what="the steps of the latest runs" />;
  if (error && !nodes) return <Failure error={error} what="statistics" onRetry={retry} />;
  if (!nodes || nodes.length === 0) return <Empty title="No runs yet" />;
  return (
    <section aria-label="Statistics by node">
      <p className="muted">Over the last {statistics.runCount} runs.</p>
      <div className="panel scroll-x" tabIndex={0} role="region" aria-label="Table of nodes">
        <table>
          <thead>
            <tr>
              <th scope="col">Node</th>
              {['Executions', 'Failures', 'Retries', 'Median', 'p95', 'Slowest', 'Tokens'].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.nodeId}>
                <td className="mono node-name">
                  <Link to={url.link({ tab: 'trends', node: node.nodeId })} title={node.nodeId}>
                    <bdi>{node.nodeId}</bdi>
                  </Link>
                </td>
                <td className="number">{formatCount(node.executionCount)}</td>
                <td className={`number ${node.failureCount > 0 ? 'bad' : ''}`}>{formatCount(node.failureCount)}</td>
                <td className="number">{formatCount(node.retryCount)}</td>
                <td className="number">{formatDuration(node.durationMs?.p50)}</td>
                <td className="number">{formatDuration(node.durationMs?.p95)}</td>
                <td className="number">{formatDuration(node.durationMs?.max)}</td>
                <td className="number">{formatCompact(node.totalTokens)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
