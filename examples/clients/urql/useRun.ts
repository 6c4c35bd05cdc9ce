import { gql, useQuery, useSubscription, type TypedDocumentNode } from 'urql';

interface RunKey {
  readonly workflowId: string;
  readonly id: string;
}

interface RunParts extends RunKey {
  readonly status: string;
  readonly totalElapsedTime: number | null;
  readonly freshness: { readonly isFinal: boolean };
}

export const RUN: TypedDocumentNode<{ readonly run: RunParts | null }, RunKey> = gql`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
      freshness {
        isFinal
      }
    }
  }
`;

const LIVE_RUN: TypedDocumentNode<{ readonly runUpdated: { readonly run: RunParts } }, RunKey> = gql`
  subscription LiveRun($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
      run {
        id
        workflowId
        status
        totalElapsedTime
        freshness {
          isFinal
        }
      }
    }
  }
`;

/** Each event is written to the cache, so every component that shows the run is up to date. */
export function useRun(variables: RunKey) {
  const [{ data, error, fetching }] = useQuery({ query: RUN, variables });
  useSubscription({ query: LIVE_RUN, variables, pause: data?.run?.freshness.isFinal ?? fetching });
  return { run: data?.run, error };
}
