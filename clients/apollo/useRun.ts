import { gql, type TypedDocumentNode } from '@apollo/client';
import { useQuery, useSubscription } from '@apollo/client/react';

interface RunKey {
  readonly workflowId: string;
  readonly id: string;
}

interface RunParts extends RunKey {
  readonly status: string;
  readonly totalElapsedTime: number | null;
}

export const RUN: TypedDocumentNode<{ readonly run: RunParts | null }, RunKey> = gql`
  query Run($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
    }
  }
`;

const LIVE_RUN: TypedDocumentNode<{ readonly runUpdated: RunParts }, RunKey> = gql`
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
  // `errorPolicy: 'all'` keeps the data of an answer that also has errors.
  const { data, error } = useQuery(RUN, { variables, errorPolicy: 'all' });
  return { run: data?.run, error };
}
