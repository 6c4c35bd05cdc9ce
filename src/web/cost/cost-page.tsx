/** What workflows use and cost: all together and each, or a chosen one, by model and by time. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { Choice } from '../controls/choice.tsx';
import { Pager, WORKFLOW_PAGES } from '../controls/pager.tsx';
import { useDirectory } from '../home/directory.ts';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Empty, Failure, Skeleton } from '../shell/notices.tsx';
import { useMinute } from '../time/now.ts';
import { useUrl } from '../url/url.ts';
import { SPANS, windowOf } from './span.ts';
import { Spending } from './spending.tsx';
import { priceBefore, USAGE } from './usage.ts';
import { UsageTable } from './usage-table.tsx';

const COST = graphql(`
  query Cost($first: Int!, $after: String, $startedAfter: DateTime, $startedBefore: DateTime) {
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
        trend(last: 1000, buckets: 1, startedAfter: $startedAfter, startedBefore: $startedBefore) {
          isComplete
          runCount
          usage(loadSteps: true) {
            ...Usage
          }
          before {
            isComplete
            usage(loadSteps: true) {
              ...Usage
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

/** Ten calls each for records: an operation may make two hundred. The others load steps. */
const PAGE_SIZE = 15;

export default function CostPage() {
  const url = useUrl();
  const directory = useDirectory();
  const span = SPANS.find(({ name }) => name === url.params.since) ?? SPANS[1];
  const window = windowOf(span, useMinute());
  const { value: page, ...query } = useGatewayQuery(COST, {
    variables: { first: PAGE_SIZE, after: url.params.workflowsAfter, ...window },
    read: (data) => data.workflows,
    ...REFRESHED,
  });
  const workflows = page?.nodes ?? [];
  const { workflow: chosenId } = url.params;
  const idsOfAll = directory.workflows ? directory.namedIds : undefined;

  return (
    <div className="cost stack">
      <Breadcrumb parents={[]} here="Cost" />
      <div className="toolbar">
        <h1>
          Cost{' '}
          {chosenId !== null && (
            <>
              of <bdi>{directory.nameOf(chosenId)}</bdi>
            </>
          )}
        </h1>
        <Choice label="Time" options={SPANS} value={span.name} onChange={(since) => url.go({ since })} />
        {chosenId !== null && <Link to={url.link({ workflow: null })}>All workflows</Link>}
      </div>
      {page && workflows.length === 0 ? (
        <Empty title="This key sees no workflows" />
      ) : (
        <section className="stack" aria-label="Cost by model and time">
          {directory.namedIds && chosenId === null && (
            <p className="muted">
              {directory.namedIds.length} of {directory.totalCount} workflows.
            </p>
          )}
          <Spending
            workflowIds={chosenId === null ? idsOfAll : [chosenId]}
            workflowId={chosenId}
            span={span}
            window={window}
          />
        </section>
      )}
      <section className="stack" aria-labelledby="cost-by-workflow">
        <h2 id="cost-by-workflow">Workflows</h2>
        {query.error && <Failure error={query.error} what="cost" isPartial={page != null} onRetry={query.refetch} />}
        {query.isLoading && !query.error && <Skeleton what="the cost of each workflow" rows={6} />}
        {workflows.length > 0 && (
          <UsageTable
            of="Workflow"
            order="PRICE"
            models={[]}
            rows={workflows.map(({ id, name, trend }) => ({
              key: id,
              name: (
                <Link to={url.link({ workflow: id })} aria-current={id === chosenId ? 'true' : undefined} data-row>
                  <bdi>{name ?? id}</bdi>
                </Link>
              ),
              runCount: trend ? (trend[0]?.runCount ?? 0) : null,
              isComplete: trend?.[0]?.isComplete ?? true,
              before: priceBefore(trend?.[0]?.before),
              usage: readFragment(USAGE, trend?.[0]?.usage) ?? null,
            }))}
          />
        )}
        <Pager
          name="workflowsAfter"
          cursor={url.params.workflowsAfter}
          linkOf={(workflowsAfter) => url.link({ workflowsAfter })}
          endCursor={page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
          labels={WORKFLOW_PAGES}
        />
      </section>
      <p className="muted">
        Estimated by list prices: from the records of runs, and from the steps of runs whose record reports no tokens.
        Records leave out failed attempts, though they were paid for. Times without runs are left out.
      </p>
    </div>
  );
}
