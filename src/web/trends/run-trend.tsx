/** The trend of a workflow's runs. */
import { graphql } from '../__generated__/gql.ts';
import type { TimeWindow } from '../time-window/time-window.ts';
import { useAnswer } from '../live/answer.ts';
import { AnsweredTrend } from './answered-trend.tsx';
import { TrendFigures } from './trend-figures.tsx';
import { REFRESHED } from './refreshed.ts';
import { rowsOfRuns } from './trend-row.ts';

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

/** A page of a hundred is one call. In a window of time there may be many more than are wanted without one. */
const LAST_RUNS = { ofAll: 200, inWindow: 1000 };

export interface RunTrendProps {
  readonly workflowId: string;
  readonly window: TimeWindow;
}

export function RunTrend({ workflowId, window }: RunTrendProps) {
  const last = window.startedAfter === null ? LAST_RUNS.ofAll : LAST_RUNS.inWindow;
  const answer = useAnswer(RUN_TREND, {
    variables: { workflowId, last, ...window },
    read: (data) => data.workflow?.trend,
    ...REFRESHED,
  });
  return (
    <AnsweredTrend answer={answer}>
      {(trend) => <TrendFigures rows={rowsOfRuns(trend)} counted="run" last={last} />}
    </AnsweredTrend>
  );
}
