/** Why the failed runs of a list failed: one question for all of them. */
import { skipToken, useQuery } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';

const FAILURES_OF_RUNS = graphql(`
  query FailuresOfRuns($workflowId: ID!, $runIds: [ID!]!) {
    workflow(id: $workflowId) {
      id
      runsById(ids: $runIds) {
        id
        workflowId
        failedSteps(latestAttemptOnly: true, first: 1) {
          id
          nodeId
          errorInfo {
            message
          }
        }
      }
    }
  }
`);

export interface RunFailure {
  readonly nodeId: string;
  readonly message: string | null;
}

/** Of more than this, the newest. */
const MOST = 50;

/** By the runs' ids. Until it is known, and where it can't be had, a run is not in it. */
export function useFailures(workflowId: string, failedIds: readonly string[]): ReadonlyMap<string, RunFailure> {
  const runIds = failedIds.slice(0, MOST);
  const { data, previousData } = useQuery(
    FAILURES_OF_RUNS,
    runIds.length > 0 ? { variables: { workflowId, runIds }, fetchPolicy: 'no-cache' } : skipToken,
  );
  const runs = (data ?? previousData)?.workflow?.runsById ?? [];
  return new Map(
    runs.flatMap((run) => {
      const [first] = run?.failedSteps ?? [];
      return run && first ? [[run.id, { nodeId: first.nodeId, message: first.errorInfo?.message ?? null }]] : [];
    }),
  );
}
