/** The state of a run in a tab that nobody looks at: it has no live connection, but its title and icon tell the state. */
import { skipToken, useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import type { RunStatusQueryVariables } from '../__generated__/graphql.ts';

/** Not `isFinal`: what else has changed is read when the tab is shown. */
const RUN_STATUS = graphql(`
  query RunStatus($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      status
      isFinished
    }
  }
`);

const ASK_EVERY_MS = 30_000;

export function useHiddenStatus(variables: RunStatusQueryVariables, isWanted: boolean): void {
  useQuery(
    RUN_STATUS,
    isWanted
      ? {
          variables,
          // The page has it: what is asked goes into the cache, and reaches the title from there.
          fetchPolicy: 'cache-first',
          pollInterval: ASK_EVERY_MS,
          skipPollAttempt: () => !document.hidden,
        }
      : skipToken,
  );
}
