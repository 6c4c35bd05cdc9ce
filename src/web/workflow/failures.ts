/** Why the failed runs of a list failed: one question for all of them. */
import { useState } from 'react';
import { skipToken, useQuery } from '@apollo/client/react';
import type { GraphQLFormattedError } from 'graphql';
import { graphql } from '../__generated__/gql.ts';
import { errorsThat, pathOf } from '../shell/part-errors.ts';

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
  /** False where it can't be read why the run failed. */
  readonly isKnown: boolean;
  /** Null: no step failed, or it is not known which. */
  readonly nodeId: string | null;
  readonly message: string | null;
  readonly error: Error | undefined;
}

/** Of more than this, the newest. */
const MOST = 50;
/** Where not all of them could be read. */
const ASK_EVERY_MS = 10_000;

/** By the runs' ids. Until it is answered a run is not in it. */
export function useFailures(workflowId: string, failedIds: readonly string[]): ReadonlyMap<string, RunFailure> {
  const runIds = failedIds.slice(0, MOST);
  const [isPartial, setIsPartial] = useState(false);
  const { data, previousData, error, loading } = useQuery(
    FAILURES_OF_RUNS,
    runIds.length > 0
      ? {
          variables: { workflowId, runIds },
          fetchPolicy: 'no-cache',
          pollInterval: isPartial ? ASK_EVERY_MS : 0,
          skipPollAttempt: () => document.hidden,
        }
      : skipToken,
  );
  const failures = new Map<string, RunFailure>();
  for (const run of (data ?? previousData)?.workflow?.runsById ?? []) {
    if (!run?.failedSteps) continue;
    const [first] = run.failedSteps;
    const [nodeId, message] = [first?.nodeId ?? null, first?.errorInfo?.message ?? null];
    failures.set(run.id, { isKnown: true, nodeId, message, error: undefined });
  }
  if (loading && !data) return failures;
  const isLacking = runIds.some((id) => !failures.has(id));
  if (isLacking !== isPartial) setIsPartial(isLacking);
  for (const [index, id] of runIds.entries()) {
    if (failures.has(id)) continue;
    const ofRun = errorsThat(error, (one) => isOf(one, index));
    failures.set(id, { isKnown: false, nodeId: null, message: null, error: ofRun });
  }
  return failures;
}

/** Its own, or that of all. */
function isOf(error: GraphQLFormattedError, index: number): boolean {
  const [, , place = index] = pathOf(error);
  return place === index;
}
