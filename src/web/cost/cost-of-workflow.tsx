/** What one workflow uses and costs, by day and by model. */
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import { useMinute } from '../time/now.ts';
import { REFRESHED } from '../trends/refreshed.ts';
import { LAST_RUNS, partName, TIME_ZONE, type Span } from './span.ts';
import { USAGE, UsageTable } from './usage-table.tsx';

const COST_OF_WORKFLOW = graphql(`
  query CostOfWorkflow(
    $id: ID!
    $last: Int!
    $interval: TrendInterval!
    $timeZone: String!
    $startedAfter: DateTime
    $startedBefore: DateTime
  ) {
    workflow(id: $id) {
      id
      name
      total: trend(last: $last, buckets: 1, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        usage(loadSteps: true) {
          byModel {
            model
            counts {
              inputTokens
              outputTokens
              totalTokens
            }
            estimatedCost {
              amount
              currency
              stepsUnpriced
            }
          }
        }
      }
      parts: trend(
        last: $last
        interval: $interval
        timeZone: $timeZone
        startedAfter: $startedAfter
        startedBefore: $startedBefore
      ) {
        startedAt
        endedAt
        isComplete
        runCount
        usage(loadSteps: true) {
          ...Usage
        }
      }
    }
  }
`);

export interface CostOfWorkflowProps {
  readonly workflowId: string;
  readonly span: Span;
  readonly window: { readonly startedAfter: string; readonly startedBefore: string };
}

export function CostOfWorkflow({ workflowId, span, window }: CostOfWorkflowProps) {
  const nowMs = useMinute();
  const {
    value: workflow,
    error,
    refetch,
  } = useGatewayQuery(COST_OF_WORKFLOW, {
    variables: { id: workflowId, last: LAST_RUNS, interval: span.interval, timeZone: TIME_ZONE, ...window },
    read: (data) => data.workflow,
    ...REFRESHED,
  });
  const parts = workflow?.parts?.filter(({ runCount }) => runCount > 0).toReversed();
  const models = workflow?.total?.[0]?.usage?.byModel ?? [];
  return (
    <section aria-labelledby="cost-of-workflow">
      <h2 id="cost-of-workflow">
        <bdi>{workflow?.name ?? workflowId}</bdi>
      </h2>
      {error && (
        <Failure error={error} what="cost of this workflow" isPartial={workflow?.parts != null} onRetry={refetch} />
      )}
      {!workflow && !error && <Loading what="the cost of this workflow" />}
      {models.length > 0 && (
        <UsageTable
          of="Model"
          order="PRICE"
          rows={models.map(({ model, ...usage }) => ({ key: model ?? '', name: model ?? 'not named', usage }))}
        />
      )}
      {parts?.length === 0 && <p className="muted">No runs in this time.</p>}
      {parts && parts.length > 0 && (
        <UsageTable
          of={span.part}
          order="TIME"
          rows={parts.map(({ startedAt, endedAt, usage, ...part }) => ({
            ...part,
            isOver: Date.parse(endedAt) <= nowMs,
            key: startedAt,
            name: partName(span, startedAt),
            usage: readFragment(USAGE, usage),
          }))}
        />
      )}
    </section>
  );
}
