/** One line on why a run failed: a failed node, the main line of its error, and whether more steps failed. */
import { useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { messageOf } from '../shell/notices.tsx';
import { errorsThat, pathOf } from '../shell/part-errors.ts';
import { headlineOf } from '../text/excerpt.ts';
import type { ListedRun } from './merged-runs.ts';

const FAILED_RUNS = graphql(`
  query FailedRuns($runs: [_Any!]!) {
    _entities(representations: $runs) {
      ... on Run {
        id
        workflowId
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

/** A new run changes one query, and not those of older ones. */
const MOST_RUNS = 100;

interface RunReference {
  readonly __typename: 'Run';
  readonly workflowId: string;
  readonly id: string;
}

/** The failed runs that share a query with this one: all of the list, if they are not too many. */
export function sharedRuns(runs: readonly ListedRun[], run: ListedRun): RunReference[] {
  const failed = runs.filter(({ status }) => status === 'FAILED');
  // Counted from the oldest run, so that a new one changes only one query.
  const older = failed.length - 1 - failed.indexOf(run);
  const end = failed.length - (older - (older % MOST_RUNS));
  return failed
    .slice(Math.max(0, end - MOST_RUNS), end)
    .map(({ workflowId, id }) => ({ __typename: 'Run', workflowId, id }));
}

export interface FailureOfRunProps {
  readonly run: ListedRun;
  /** Rows with the same runs send one query. */
  readonly runs: RunReference[];
}

export function FailureOfRun({ run: { workflowId, id, error }, runs }: FailureOfRunProps) {
  const query = useGatewayQuery(FAILED_RUNS, {
    variables: { runs },
    read: (data) => data._entities.find((found) => found?.workflowId === workflowId && found.id === id)?.failedSteps,
    fetchPolicy: 'no-cache',
    keepsPrevious: true,
    isShared: true,
  });
  const steps = query.value;
  const [first] = steps ?? [];
  const message = first ? first.errorInfo?.message : error;
  if (query.isLoading && !query.error) return null;
  if (!steps && message == null) {
    const place = runs.findIndex((run) => run.workflowId === workflowId && run.id === id);
    return <UnknownFailure error={errorsThat(query.error, (one) => (pathOf(one)[1] ?? place) === place)} />;
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
