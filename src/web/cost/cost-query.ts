/** The one query for cost: total, workflows and periods add up, even while runs are still being counted. */
import { useMemo, useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import type { CostQuery } from '../__generated__/graphql.ts';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { useMinute } from '../time/now.ts';
import { TIME_ZONE, windowsOf, type Span } from './span.ts';
import { USAGE } from './usage.ts';

/** Sums have no freshness: the latest run of some workflows reveals an outage. */
const COST = graphql(`
  query Cost(
    $workflowIds: [ID!]
    $startedAfter: DateTime!
    $startedBefore: DateTime!
    $earlierAfter: DateTime!
    $earlierBefore: DateTime!
    $interval: TrendInterval!
    $timeZone: String!
  ) {
    total: usage(workflowIds: $workflowIds, startedAfter: $startedAfter, startedBefore: $startedBefore) {
      ...CostOfTime
      byWorkflow {
        ...CostOfWorkflow
        workflow {
          name
        }
      }
    }
    parts: usage(
      workflowIds: $workflowIds
      startedAfter: $startedAfter
      startedBefore: $startedBefore
      interval: $interval
      timeZone: $timeZone
    ) {
      ...CostOfTime
    }
    earlier: usage(workflowIds: $workflowIds, startedAfter: $earlierAfter, startedBefore: $earlierBefore) {
      ...CostOfTime
      byWorkflow {
        ...CostOfWorkflow
      }
    }
    earlierParts: usage(
      workflowIds: $workflowIds
      startedAfter: $earlierAfter
      startedBefore: $earlierBefore
      interval: $interval
      timeZone: $timeZone
    ) {
      ...CostOfTime
    }
    workflows(first: 15) {
      nodes {
        id
        latest: runs(first: 1) {
          nodes {
            id
            workflowId
            freshness {
              isStale
              fetchedAt
            }
          }
        }
      }
    }
  }
`);

const COST_OF_TIME = graphql(`
  fragment CostOfTime on UsageBucket {
    startedAt
    endedAt
    isComplete
    runCount
    failedCount
    usage(loadSteps: true) {
      ...Usage
    }
  }
`);

const COST_OF_WORKFLOW = graphql(`
  fragment CostOfWorkflow on WorkflowUsage {
    workflow {
      id
    }
    isComplete
    runCount
    failedCount
    usage(loadSteps: true) {
      ...Usage
    }
  }
`);

/** Pause before the next request, which counts more runs. */
const COUNT_EVERY_MS = 1000;
/** After this number of responses without another counted run, the rest counts as unreadable. */
const PATIENCE = 3;

/** `workflowIds`: `null` for all, `undefined` until known. */
export function useCost(workflowIds: readonly string[] | null | undefined, span: Span) {
  const windows = windowsOf(span, useMinute());
  const [progress, setProgress] = useState({ missing: 0, answers: 0, isStuck: false });
  const isCounting = progress.missing > 0 && !progress.isStuck;
  const { value, answers, ...query } = useGatewayQuery(COST, {
    variables:
      workflowIds === undefined ? null : { workflowIds, interval: span.interval, timeZone: TIME_ZONE, ...windows },
    read: (data) => (data.total && data.parts && data.earlier && data.earlierParts ? data : null),
    ...REFRESHED,
    pollInterval: isCounting ? COUNT_EVERY_MS : REFRESHED.pollInterval,
  });
  const figures = useMemo(() => value && figuresOf(value), [value]);
  const missing = missingOf(figures?.total) + missingOf(figures?.earlier);
  const isStuck = answers - progress.answers >= PATIENCE;
  if (missing !== progress.missing) setProgress({ missing, answers, isStuck: false });
  else if (isStuck !== progress.isStuck) setProgress({ ...progress, isStuck });
  return { ...query, figures, isCounting };
}

export type CostFigures = ReturnType<typeof figuresOf>;
export type CostOfTime = ReturnType<typeof ofTime>;

function figuresOf({ total, parts, earlier, earlierParts }: CostQuery) {
  return {
    total: total?.map(ofTime)[0],
    earlier: earlier?.map(ofTime)[0],
    parts: parts?.map(ofTime) ?? [],
    earlierParts: earlierParts?.map(ofTime) ?? [],
    workflows: total?.[0]?.byWorkflow.map((each) => ({ ...ofWorkflow(each), name: each.workflow.name })) ?? [],
    earlierWorkflows: earlier?.[0]?.byWorkflow.map(ofWorkflow) ?? [],
  };
}

function ofTime(masked: FragmentType<typeof COST_OF_TIME>) {
  const time = readFragment(COST_OF_TIME, masked);
  return { ...time, usage: readFragment(USAGE, time.usage) };
}

function ofWorkflow(masked: FragmentType<typeof COST_OF_WORKFLOW>) {
  const { workflow, ...figures } = readFragment(COST_OF_WORKFLOW, masked);
  return { ...figures, id: workflow.id, usage: readFragment(USAGE, figures.usage) };
}

/** Runs whose steps are missing from the totals. */
export const missingOf = (time: CostOfTime | undefined): number => time?.usage?.runsNotLoaded ?? 0;
