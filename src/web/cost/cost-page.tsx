/** What workflows use and cost: each in all, and the chosen one by day and by model. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { CostQuery } from '../__generated__/graphql.ts';
import { Choice } from '../controls/choice.tsx';
import { Pager, WORKFLOW_PAGES } from '../controls/pager.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { useReportedOutage } from '../live/outages.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { useMinute } from '../time/now.ts';
import { REFRESHED } from '../trends/refreshed.ts';
import { useUrl } from '../url/url.ts';
import { CostOfWorkflow } from './cost-of-workflow.tsx';
import { LAST_RUNS, SPANS, timeBefore, windowOf } from './span.ts';
import { USAGE, UsageTable } from './usage-table.tsx';
import { readFragment } from '../__generated__/fragment-masking.ts';
import './cost.css';

const COST = graphql(`
  query Cost(
    $first: Int!
    $after: String
    $last: Int!
    $startedAfter: DateTime
    $startedBefore: DateTime
    $beforeStart: DateTime
  ) {
    workflows(first: $first, after: $after) {
      nodes {
        id
        name
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
        trend(last: $last, buckets: 1, startedAfter: $startedAfter, startedBefore: $startedBefore) {
          isComplete
          runCount
          usage(loadSteps: true) {
            ...Usage
          }
        }
        before: trend(last: $last, buckets: 1, startedAfter: $beforeStart, startedBefore: $startedAfter) {
          isComplete
          usage(loadSteps: true) {
            runsNotReporting
            counts {
              totalTokens
            }
            estimatedCost {
              amount
              currency
            }
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type Before = NonNullable<NonNullable<CostQuery['workflows']>['nodes'][number]['before']>[number];

/** Ten calls each for records: an operation may make two hundred. The others load steps. */
const PAGE_SIZE = 15;

export default function CostPage() {
  const url = useUrl();
  const span = SPANS.find(({ name }) => name === url.params.since) ?? SPANS[1];
  const window = windowOf(span, useMinute());
  const {
    value: page,
    error,
    isLoading,
    refetch,
  } = useGatewayQuery(COST, {
    variables: {
      ...{ first: PAGE_SIZE, after: url.params.workflowsAfter, last: LAST_RUNS },
      ...{ ...window, beforeStart: timeBefore(window) },
    },
    read: (data) => data.workflows,
    ...REFRESHED,
  });
  const workflows = page?.nodes ?? [];
  const stale = workflows.flatMap(({ latest }) => latest?.nodes ?? []).find((run) => run?.freshness.isStale);
  useReportedOutage(stale ? 'upstream' : null, stale?.freshness.fetchedAt);
  const chosenId = url.params.workflow ?? workflows[0]?.id ?? null;

  return (
    <div className="cost">
      <Breadcrumb parents={[]} here="Cost" />
      <div className="toolbar">
        <h1>Cost</h1>
        <Choice
          label="Time"
          options={SPANS}
          value={span.name}
          onChange={(since) => {
            url.go({ since });
          }}
        />
      </div>
      <p className="muted">
        Estimated by list prices: from the records of runs, and from the steps of runs whose record reports no tokens.
        Records leave out failed attempts, though they were paid for. Times without runs are left out.
      </p>
      {error && <Failure error={error} what="cost" isPartial={page != null} onRetry={refetch} />}
      {isLoading && !error && <Loading what="the cost" />}
      {page && workflows.length === 0 && <Empty title="This key sees no workflows" />}
      {workflows.length > 0 && (
        <UsageTable
          of="Workflow"
          order="PRICE"
          rows={workflows.map(({ id, name, trend, before }) => ({
            key: id,
            name: (
              <Link to={url.link({ workflow: id })} aria-current={id === chosenId ? 'true' : undefined}>
                <bdi>{name ?? id}</bdi>
              </Link>
            ),
            runCount: trend ? (trend[0]?.runCount ?? 0) : null,
            isComplete: trend?.[0]?.isComplete ?? true,
            before: costBefore(before?.[0]),
            usage: readFragment(USAGE, trend?.[0]?.usage) ?? null,
          }))}
        />
      )}
      <Pager
        name="workflowsAfter"
        cursor={url.params.workflowsAfter}
        linkOf={(workflowsAfter) => url.link({ workflowsAfter, workflow: null })}
        endCursor={page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
        labels={WORKFLOW_PAGES}
      />
      {chosenId !== null && <CostOfWorkflow workflowId={chosenId} span={span} window={window} />}
    </div>
  );
}

/** Null for a part of that time only, which would look like a rise since then. */
const costBefore = (bucket: Before | undefined) =>
  bucket?.isComplete === true && bucket.usage?.runsNotReporting === 0 && bucket.usage.counts.totalTokens !== null
    ? bucket.usage.estimatedCost
    : null;
