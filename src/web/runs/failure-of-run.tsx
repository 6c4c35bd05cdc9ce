/** One line on why a run failed: a failed node, the main line of its error, and whether more steps failed. */
import { useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { useAnswer } from '../live/answer.ts';
import { messageOf } from '../shell/notices.tsx';
import { headlineOf } from '../text/excerpt.ts';
import type { ListedRun } from './merged-runs.ts';

const RUN_FAILURE = graphql(`
  query RunFailure($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      failedSteps(latestAttemptOnly: true, first: 2) {
        workflowId
        runId
        id
        nodeId
        errorInfo {
          message
        }
      }
    }
  }
`);

export function FailureOfRun({ run: { workflowId, id, error } }: { readonly run: ListedRun }) {
  const query = useAnswer(RUN_FAILURE, {
    variables: { workflowId, id },
    read: (data) => data.run?.failedSteps,
    fetchPolicy: 'cache-first',
  });
  const steps = query.value;
  const [first] = steps ?? [];
  const message = first ? first.errorInfo?.message : error;
  if (query.isLoading && !query.error) return null;
  if (!steps && message == null) return <UnknownFailure error={query.error} />;
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
