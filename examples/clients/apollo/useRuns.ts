import { gql, type TypedDocumentNode } from '@apollo/client';
import { useQuery } from '@apollo/client/react';

interface Runs {
  readonly workflow: {
    readonly id: string;
    readonly runs: {
      readonly edges: readonly { readonly cursor: string; readonly node: RunInList }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    } | null;
  } | null;
}

interface RunInList {
  readonly id: string;
  readonly workflowId: string;
  readonly status: string;
  readonly tokenUsage: { readonly counts: { readonly totalTokens: number | null } } | null;
}

const RUNS: TypedDocumentNode<Runs, { readonly workflowId: string; readonly after?: string | null }> = gql`
  query Runs($workflowId: ID!, $after: String) {
    workflow(id: $workflowId) {
      id
      runs(first: 20, after: $after) {
        edges {
          cursor
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
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`;

/** `loadMore` is null after the last page. The cache needs the policies of `pages.ts`. */
export function useRuns(workflowId: string) {
  const { data, error, fetchMore } = useQuery(RUNS, { variables: { workflowId }, errorPolicy: 'all' });
  const { edges = [], pageInfo } = data?.workflow?.runs ?? {};
  const loadMore = () => fetchMore({ variables: { after: pageInfo?.endCursor ?? null }, errorPolicy: 'all' });
  return { runs: edges.map(({ node }) => node), loadMore: pageInfo?.hasNextPage ? loadMore : null, error };
}
