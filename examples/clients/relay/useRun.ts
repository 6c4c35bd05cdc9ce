import { useEffect } from 'react';
import { graphql, requestSubscription, useLazyLoadQuery, useRelayEnvironment } from 'react-relay';
import type { useRunLiveSubscription } from './__generated__/useRunLiveSubscription.graphql';
import type { useRunQuery } from './__generated__/useRunQuery.graphql';

export const RUN = graphql`
  query useRunQuery($workflowId: ID!, $id: ID!) {
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

const LIVE_RUN = graphql`
  subscription useRunLiveSubscription($workflowId: ID!, $id: ID!) {
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

/** Each event is written to the store, so every component that shows the run is up to date. */
export function useRun({ workflowId, id }: useRunQuery['variables']) {
  const environment = useRelayEnvironment();
  const { run } = useLazyLoadQuery<useRunQuery>(RUN, { workflowId, id });
  const isFinal = run?.freshness.isFinal ?? false;
  useEffect(() => {
    if (isFinal) return;
    const live = requestSubscription<useRunLiveSubscription>(environment, {
      subscription: LIVE_RUN,
      variables: { workflowId, id },
      // Lists and statistics don't get events, so all data is stale when the run is over.
      updater(store, event) {
        if (event?.runUpdated.run.freshness.isFinal) store.invalidateStore();
      },
    });
    return () => live.dispose();
  }, [environment, workflowId, id, isFinal]);
  return run;
}
