import { gql, type TypedDocumentNode } from '@apollo/client';
import { useQuery, useSubscription } from '@apollo/client/react';

interface RunParts {
  readonly run: {
    readonly id: string;
    readonly workflowId: string;
    readonly status: string;
    readonly totalElapsedTime: number | null;
  } | null;
}

interface RunKey {
  readonly workflowId: string;
  readonly id: string;
}

const RUN: TypedDocumentNode<RunParts, RunKey> = gql`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
    }
  }
`;

const LIVE_RUN: TypedDocumentNode<unknown, RunKey> = gql`
  subscription LiveRun($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
    }
  }
`;

/** Each event is written to the cache, so every component that shows the run is up to date. */
export function useRun(variables: RunKey) {
  useSubscription(LIVE_RUN, { variables });
  // `errorPolicy: 'all'` keeps the data that stands beside an error.
  const { data, error } = useQuery(RUN, { variables, errorPolicy: 'all' });
  return { run: data?.run, error };
}
