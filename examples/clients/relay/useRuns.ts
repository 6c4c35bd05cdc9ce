import { graphql, useLazyLoadQuery, usePaginationFragment, useSubscribeToInvalidationState } from 'react-relay';
import type { useRuns_workflow$key } from './__generated__/useRuns_workflow.graphql';
import type { useRunsPageQuery } from './__generated__/useRunsPageQuery.graphql';
import type { useRunsQuery } from './__generated__/useRunsQuery.graphql';

const WORKFLOW = graphql`
  query useRunsQuery($id: ID!) {
    workflow(id: $id) {
      id
      ...useRuns_workflow
    }
  }
`;

const RUNS = graphql`
  fragment useRuns_workflow on Workflow
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "useRunsPageQuery") {
    runs(first: $first, after: $after) @connection(key: "useRuns_runs") {
      edges {
        node {
          id
          workflowId
          status
          tokenUsage {
            counts {
              totalTokens
            }
          }
        }
      }
    }
  }
`;

const PAGE_SIZE = 20;

/** `loadMore` is null after the last page. */
export function useRuns(id: string) {
  const { workflow } = useLazyLoadQuery<useRunsQuery>(WORKFLOW, { id });
  const { data, hasNext, loadNext, refetch } = usePaginationFragment<useRunsPageQuery, useRuns_workflow$key>(
    RUNS,
    workflow,
  );
  // `useRun` invalidates the store after the end of a live run.
  useSubscribeToInvalidationState([], () => refetch({}, { fetchPolicy: 'store-and-network' }));
  return {
    // Relay's own types: an edge of a connection may be removed.
    runs: data?.runs?.edges.flatMap((edge) => edge?.node ?? []) ?? [],
    loadMore: hasNext ? () => loadNext(PAGE_SIZE) : null,
  };
}
