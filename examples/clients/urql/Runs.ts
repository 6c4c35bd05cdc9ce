import { createElement, Fragment, useState, type ReactNode } from 'react';
import { gql, useQuery, type TypedDocumentNode } from 'urql';

interface Runs {
  readonly workflow: {
    readonly id: string;
    readonly runs: {
      readonly nodes: readonly RunInList[];
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

const RUNS: TypedDocumentNode<Runs, { readonly workflowId: string; readonly after: string | null }> = gql`
  query Runs($workflowId: ID!, $after: String) {
    workflow(id: $workflowId) {
      id
      runs(first: 20, after: $after) {
        nodes {
          id
          workflowId
          status
          tokenUsage {
            counts {
              totalTokens
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

interface PageProps {
  readonly workflowId: string;
  readonly after: string | null;
  readonly show: (run: RunInList) => ReactNode;
  /** Called with the next cursor, or null if a next page is already shown. */
  readonly loadMore: ((after: string | null) => void) | null;
}

function Page({ workflowId, after, show, loadMore }: PageProps) {
  const [{ data }] = useQuery({ query: RUNS, variables: { workflowId, after } });
  const { nodes = [], pageInfo } = data?.workflow?.runs ?? {};
  const more = loadMore && pageInfo?.hasNextPage ? () => loadMore(pageInfo.endCursor) : null;
  return createElement(Fragment, null, nodes.map(show), more && createElement('button', { onClick: more }, 'More'));
}

/** A query for each page, so that all shown pages are fetched again after the end of a live run. */
export function Runs({ workflowId, show }: Pick<PageProps, 'workflowId' | 'show'>) {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return cursors.map((after) =>
    createElement(Page, {
      key: after ?? '',
      workflowId,
      after,
      show,
      loadMore: after === cursors.at(-1) ? (next) => setCursors([...cursors, next]) : null,
    }),
  );
}
