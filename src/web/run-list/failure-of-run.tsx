/** One line on why a run failed: a failed node, the main line of its error, and whether more steps failed. */
import { useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { messageOf } from '../shell/notices.tsx';
import { errorsThat, pathOf } from '../shell/part-errors.ts';
import { headlineOf } from '../text/excerpt.ts';
import type { ListedRun } from './merged-runs.ts';

const FAILED_RUNS = graphql(`
  query FailedRuns($workflowId: ID!, $ids: [ID!]!) {
    workflow(id: $workflowId) {
      id
      runsById(ids: $ids) {
        id
        failedSteps(latestAttemptOnly: true, first: 2) {
          nodeId
          errorInfo {
            message
          }
        }
      }
    }
  }
`);

/** Limit of the ids in one query. */
const MOST_IDS = 100;

/** Ids of the failed runs that share a query with this one: all of its workflow, if they are not too many. */
export function sharedIds(runs: readonly ListedRun[], { workflowId, id }: ListedRun): string[] {
  const failed = runs.filter((run) => run.status === 'FAILED' && run.workflowId === workflowId).map((run) => run.id);
  // Counted from the oldest run, so that a new one changes only one query.
  const older = failed.length - 1 - failed.indexOf(id);
  const end = failed.length - (older - (older % MOST_IDS));
  return failed.slice(Math.max(0, end - MOST_IDS), end);
}

export interface FailureOfRunProps {
  readonly run: ListedRun;
  /** Rows with the same ids send one query. */
  readonly ids: string[];
}

export function FailureOfRun({ run: { workflowId, id, error }, ids }: FailureOfRunProps) {
  const query = useGatewayQuery(FAILED_RUNS, {
    variables: { workflowId, ids },
    read: (data) => data.workflow?.runsById?.find((run) => run?.id === id)?.failedSteps,
    fetchPolicy: 'no-cache',
    keepsPrevious: true,
    isShared: true,
  });
  const steps = query.value;
  const [first] = steps ?? [];
  const message = first ? first.errorInfo?.message : error;
  if (query.isLoading && !query.error) return null;
  if (!steps && message == null) {
    const place = ids.indexOf(id);
    return <UnknownFailure error={errorsThat(query.error, (one) => (pathOf(one)[2] ?? place) === place)} />;
  }
  return (
    <>
      {first && (
        <code className="node">
          <bdi>{first.nodeId}</bdi>
        </code>
      )}{' '}
      <span className="message" dir="auto" title={message ?? undefined}>
        {headlineOf(message ?? '') || 'No error message'}
      </span>
      {steps && steps.length > 1 && <span className="muted"> and more</span>}
    </>
  );
}

/** Shown when the cause of a failure could not be loaded. */
export function UnknownFailure({ error }: { readonly error: Error | undefined }) {
  const reason = error && messageOf(error);
  // An event that changes the list removes the error from the list's answer, so the last reason is kept here.
  const [latest, setLatest] = useState(reason);
  if (reason !== undefined && reason !== latest) setLatest(reason);
  return (
    <span className="muted" title={latest}>
      Its error could not be read
    </span>
  );
}
