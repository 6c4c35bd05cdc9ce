import { graphql, useLazyLoadQuery, useSubscription } from 'react-relay';
import type { useRunLiveSubscription } from './__generated__/useRunLiveSubscription.graphql';
import type { useRunQuery } from './__generated__/useRunQuery.graphql';

export const RUN = graphql`
  query useRunQuery($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
    }
  }
`;

const LIVE_RUN = graphql`
  subscription useRunLiveSubscription($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      totalElapsedTime
    }
  }
`;

/** Each event is written to the store, so every component that shows the run is up to date. */
export function useRun(variables: useRunQuery['variables']) {
  useSubscription<useRunLiveSubscription>({ subscription: LIVE_RUN, variables });
  return useLazyLoadQuery<useRunQuery>(RUN, variables).run;
}
