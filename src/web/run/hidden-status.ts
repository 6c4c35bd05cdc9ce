/** Polls the status of a run in a hidden tab, which has no live connection, for the tab's title and icon. */
import { useApolloClient } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { useInterval } from '../hooks/timing.ts';
import type { RunVariables } from './live-run.ts';

/** Without `isFinal`: the tab loads the other changes when it is shown. */
const RUN_STATUS = graphql(`
  query RunStatus($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      status
      isFinished
    }
  }
`);

const ASK_EVERY_MS = 30_000;

export function useHiddenStatus({ workflowId, id }: RunVariables, isWanted: boolean): void {
  const client = useApolloClient();
  async function ask(): Promise<void> {
    const { data } = await client.query({ query: RUN_STATUS, variables: { workflowId, id }, fetchPolicy: 'no-cache' });
    // An answer without the run must not clear the cached run.
    if (data?.run) client.cache.writeQuery({ query: RUN_STATUS, variables: { workflowId, id }, data });
  }
  useInterval(
    () => {
      if (document.hidden) void ask();
    },
    isWanted ? ASK_EVERY_MS : null,
  );
}
