/** Cards of all workflows visible to this key. A workflow that can't be loaded shows its error. */
import type { GraphQLFormattedError } from 'graphql';
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { Pager, WORKFLOW_PAGES } from '../controls/pager.tsx';
import { SearchField } from '../controls/search-field.tsx';
import { Empty, Failure, Skeleton } from '../shell/notices.tsx';
import { errorsThat, pathOf } from '../live/errors.ts';
import { useUrl } from '../url/url.ts';
import { isLacking, WorkflowCard } from './workflow-card.tsx';

export const WORKFLOWS = graphql(`
  query Workflows($first: Int!, $after: String, $search: String) {
    all: workflows(first: 100) {
      ...NamedWorkflows
    }
    workflows(first: $first, after: $after, search: $search) {
      totalCount
      nodes {
        id
        ...WorkflowCard
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const PAGE_SIZE = 20;

/** The cards that the URL selects, and the names of all workflows. */
export function useWorkflows() {
  const { q: search, workflowsAfter: after } = useUrl().params;
  return useGatewayQuery(WORKFLOWS, {
    variables: { first: PAGE_SIZE, after, search },
    read: (data) => (data.workflows && data.all ? data : null),
    isComplete: ({ workflows }) => !workflows?.nodes.some(isLacking),
    keepsPrevious: true,
  });
}

export function WorkflowList({ value, error, isLoading, refetch }: ReturnType<typeof useWorkflows>) {
  const url = useUrl();
  const search = url.params.q;
  const page = value?.workflows;
  const ofList = errorsThat(error, (one) => nodeOf(one) === null);

  return (
    <>
      <div className="toolbar">
        <h2 id="workflows">Workflows</h2>
        {page && <span className="muted">{page.totalCount}</span>}
        <SearchField
          label="Search workflows"
          placeholder="Name, id or description"
          value={search ?? ''}
          onChange={(q) => url.type({ q })}
        />
      </div>
      {ofList && <Failure error={ofList} what="list of workflows" isPartial={page != null} onRetry={refetch} />}
      {isLoading && <Skeleton what="workflows" rows={4} of="cards" />}
      {page?.nodes.length === 0 && (
        <Empty title={search === null ? 'This key sees no workflows' : `No workflow is called “${search}”`}>
          <p>
            {search === null
              ? 'Create one in your workflow tool, or sign in with a key that may read some.'
              : 'Names, ids and descriptions were searched.'}
          </p>
        </Empty>
      )}
      <ul className="workflow-list">
        {page?.nodes.map((workflow, index) => (
          <li key={workflow.id}>
            <WorkflowCard
              workflow={workflow}
              error={isLacking(workflow) ? errorsThat(error, (one) => nodeOf(one) === index) : undefined}
              onRetry={refetch}
            />
          </li>
        ))}
      </ul>
      <Pager
        name="workflowsAfter"
        cursor={url.params.workflowsAfter}
        linkOf={(workflowsAfter) => url.link({ workflowsAfter })}
        endCursor={page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
        labels={WORKFLOW_PAGES}
      />
    </>
  );
}

/** Index of the workflow that an error belongs to; `null` for an error of the list. */
function nodeOf(error: GraphQLFormattedError): number | null {
  const [, list, index] = pathOf(error);
  return list === 'nodes' && typeof index === 'number' ? index : null;
}
