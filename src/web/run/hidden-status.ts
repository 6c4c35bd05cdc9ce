/** The state of a run in a tab that nobody looks at: it has no live connection, but its title and icon tell the state. */
import { useApolloClient } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { useInterval } from '../timing/timing.ts';
import { ask, type RunVariables } from './ask.ts';

/** Not `isFinal`: what else has changed is read when the tab is shown. */
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
  useInterval(
    () => {
      if (document.hidden) void ask(client, RUN_STATUS, { workflowId, id });
    },
    isWanted ? ASK_EVERY_MS : null,
  );
}
