/** The trend of a workflow's runs, or of one of its nodes. */
import { graphql } from '../__generated__/gql.ts';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import type { TimeWindow } from '../time/time-window.ts';
import { TrendFigures } from './trend-figures.tsx';
import { rowsOf } from './trend-row.ts';

const TREND = graphql(`
  query Trend($workflowId: ID!, $last: Int!, $startedAfter: DateTime, $startedBefore: DateTime, $isOfNode: Boolean!) {
    workflow(id: $workflowId) {
      id
      trend(last: $last, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        startedAt
        endedAt
        isComplete
        runCount
        failedCount
        wallClockMs {
          p50
          p95
        }
        nodes @include(if: $isOfNode) {
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

/** A page of a hundred runs is one upstream call, and so is each uncached run of a node. */
const LAST_RUNS = { ofAll: 200, inWindow: 1000, ofNode: 100 };

export interface TrendProps {
  readonly workflowId: string;
  /** `null` for the trend of whole runs. */
  readonly nodeId: string | null;
  readonly window: TimeWindow;
  /** When the workflow changed. */
  readonly changedAt: readonly string[];
  /** When it became slower, faster, dearer or cheaper. */
  readonly shiftedAt: readonly string[];
}

/** Keeps the previous trend while the next one loads, and shows it next to a partial error. */
export function Trend({ workflowId, nodeId, window, changedAt, shiftedAt }: TrendProps) {
  const ofRuns = window.startedAfter === null ? LAST_RUNS.ofAll : LAST_RUNS.inWindow;
  const last = nodeId === null ? ofRuns : LAST_RUNS.ofNode;
  const { value: trend, ...query } = useGatewayQuery(TREND, {
    variables: { workflowId, last, ...window, isOfNode: nodeId !== null },
    read: (data) => data.workflow?.trend,
    ...REFRESHED,
  });
  return (
    <>
      {query.error && <Failure error={query.error} what="trend" isPartial={trend != null} onRetry={query.refetch} />}
      {!trend && !query.error && <Loading what="the trend" />}
      {trend && (
        <TrendFigures
          rows={rowsOf(trend, nodeId)}
          counted={nodeId === null ? 'run' : 'execution'}
          last={last}
          changedAt={changedAt}
          shiftedAt={shiftedAt}
        />
      )}
    </>
  );
}
