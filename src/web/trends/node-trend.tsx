/** The trend of one node. It needs the steps of each run, so fewer runs are looked at. */
import { useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import { shownData } from '../shell/shown-data.ts';
import { REFRESHED } from './refreshed.ts';
import type { RunTrendProps } from './run-trend.tsx';
import { TrendFigures } from './trend-figures.tsx';
import { rowsOfNode } from './trend-row.ts';

const NODE_TREND = graphql(`
  query NodeTrend($workflowId: ID!, $last: Int!, $startedAfter: DateTime, $startedBefore: DateTime) {
    workflow(id: $workflowId) {
      id
      trend(last: $last, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        startedAt
        endedAt
        isComplete
        nodes {
          nodeId
          executionCount
          failureCount
          durationMs {
            p50
            p95
          }
        }
      }
    }
  }
`);

/** Each run that is not cached yet costs the gateway a call. */
const LAST_RUNS = 100;

export interface NodeTrendProps extends RunTrendProps {
  readonly nodeId: string;
}

export function NodeTrend({ workflowId, nodeId, window }: NodeTrendProps) {
  const query = useQuery(NODE_TREND, {
    variables: { workflowId, last: LAST_RUNS, ...window },
    ...REFRESHED,
  });
  const { error, refetch } = query;
  const trend = shownData(query)?.workflow?.trend;
  const isPartial = trend !== undefined && trend !== null;
  return (
    <>
      {error && <Failure error={error} what="trend" isPartial={isPartial} onRetry={() => void refetch()} />}
      {!trend && !error && <Loading what="the trend" />}
      {trend && <TrendFigures rows={rowsOfNode(trend, nodeId)} counted="execution" last={LAST_RUNS} />}
    </>
  );
}
