import { gql, type ErrorPolicy, type TypedDocumentNode } from '@apollo/client';
import { useQuery, useSubscription } from '@apollo/client/react';
import { useState } from 'react';

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
export function useRun(variables: RunKey, errorPolicy: ErrorPolicy = 'all') {
  // `errorPolicy: 'all'` keeps the data of an answer that also has errors.
  const { data, error, loading } = useQuery(RUN, { variables, errorPolicy });
  // With `errorPolicy: 'none'` the data of a failed query doesn't say so, and it would be followed and sent again forever.
  const [over, setOver] = useState<RunKey>();
  const isOver = over?.id === variables.id && over.workflowId === variables.workflowId;
  useSubscription(LIVE_RUN, {
    variables,
    skip: isOver || (data?.run?.freshness.isFinal ?? loading),
    // Lists and statistics don't get events, so all mounted queries are sent again when the run is over.
    onData: ({ client, data: { data: event } }) => {
      if (!event?.runUpdated.run.freshness.isFinal) return;
      setOver(variables);
      void client.refetchQueries({ include: 'active' });
    },
  });
  return { run: data?.run, error };
}
