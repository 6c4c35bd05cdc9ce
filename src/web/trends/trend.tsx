/** The trend of a workflow's runs, or of one of its nodes. */
import type { ReactNode } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { useAnswer, type Answer } from '../live/answer.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import type { TimeWindow } from '../time-window/time-window.ts';
import { REFRESHED } from './refreshed.ts';
import { TrendFigures } from './trend-figures.tsx';
import { rowsOfNode, rowsOfRuns } from './trend-row.ts';

const RUN_TREND = graphql(`
  query RunTrend($workflowId: ID!, $last: Int!, $startedAfter: DateTime, $startedBefore: DateTime) {
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
      }
    }
  }
`);

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

/** A page of a hundred runs is one upstream call. A time window may need more runs than the default view. */
const LAST_RUNS = { ofAll: 200, inWindow: 1000 };

export interface RunTrendProps {
  readonly workflowId: string;
  readonly window: TimeWindow;
  /** When the workflow changed. */
  readonly changedAt: readonly string[];
}

export function RunTrend({ workflowId, window, changedAt }: RunTrendProps) {
  const last = window.startedAfter === null ? LAST_RUNS.ofAll : LAST_RUNS.inWindow;
  const answer = useAnswer(RUN_TREND, {
    variables: { workflowId, last, ...window },
    read: (data) => data.workflow?.trend,
    ...REFRESHED,
  });
  return (
    <AnsweredTrend answer={answer}>
      {(trend) => <TrendFigures rows={rowsOfRuns(trend)} counted="run" last={last} changedAt={changedAt} />}
    </AnsweredTrend>
  );
}

/** The gateway needs one upstream call for each run that is not cached. */
const LAST_OF_NODE = 100;

export interface NodeTrendProps extends RunTrendProps {
  readonly nodeId: string;
}

export function NodeTrend({ workflowId, nodeId, window, changedAt }: NodeTrendProps) {
  const answer = useAnswer(NODE_TREND, {
    variables: { workflowId, last: LAST_OF_NODE, ...window },
    read: (data) => data.workflow?.trend,
    ...REFRESHED,
  });
  return (
    <AnsweredTrend answer={answer}>
      {(trend) => (
        <TrendFigures rows={rowsOfNode(trend, nodeId)} counted="execution" last={LAST_OF_NODE} changedAt={changedAt} />
      )}
    </AnsweredTrend>
  );
}

interface AnsweredTrendProps<Trend> {
  readonly answer: Answer<Trend>;
  readonly children: (trend: Trend) => ReactNode;
}

/** Keeps the previous trend while the next one loads, and shows it next to a partial error. */
function AnsweredTrend<Trend>({ answer: { value, error, retry }, children }: AnsweredTrendProps<Trend>) {
  return (
    <>
      {error && <Failure error={error} what="trend" isPartial={value != null} onRetry={retry} />}
      {value == null && !error && <Loading what="the trend" />}
      {value != null && children(value)}
    </>
  );
}
