/** The trend of one node. It needs the steps of each run, so fewer runs are looked at. */
import { graphql } from '../__generated__/gql.ts';
import { REFRESHED } from './refreshed.ts';
import type { RunTrendProps } from './run-trend.tsx';
import { useAnswer } from '../live/answer.ts';
import { AnsweredTrend } from './answered-trend.tsx';
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
  const answer = useAnswer(NODE_TREND, {
    variables: { workflowId, last: LAST_RUNS, ...window },
    read: (data) => data.workflow?.trend,
    ...REFRESHED,
  });
  return (
    <AnsweredTrend answer={answer}>
      {(trend) => <TrendFigures rows={rowsOfNode(trend, nodeId)} counted="execution" last={LAST_RUNS} />}
    </AnsweredTrend>
  );
}
