/** Why a run failed, in a line: the node, the first line of its error, and whether more failed. */
import { useQuery } from '@apollo/client/react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { ListedRun } from './merged-runs.ts';

const FAILURE_OF_RUN = graphql(`
  fragment FailureOfRun on Run {
    failedSteps(latestAttemptOnly: true, first: 2) {
      id
      nodeId
      errorInfo {
        message
      }
    }
  }
`);

/** The list of failures has asked for it already. Of a run that fails while the page is open it is asked for here. */
const RUN_FAILURE = graphql(`
  query RunFailure($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      ...FailureOfRun
    }
  }
`);

export function FailureOfRun({ run: { workflowId, id, error } }: { readonly run: ListedRun }) {
  const { data, loading } = useQuery(RUN_FAILURE, { variables: { workflowId, id }, fetchPolicy: 'cache-first' });
  const steps = readFragment(FAILURE_OF_RUN, data?.run)?.failedSteps;
  const [first] = steps ?? [];
  const message = first ? first.errorInfo?.message : error;
  if (loading && !steps) return null;
  return (
    <>
      {first && (
        <code className="node">
          <bdi>{first.nodeId}</bdi>
        </code>
      )}{' '}
      <span className="message" dir="auto" title={message ?? undefined}>
        {firstLine(message) ?? 'No error message'}
      </span>
      {steps && steps.length > 1 && <span className="muted"> and more</span>}
    </>
  );
}

const firstLine = (text: string | null | undefined): string | undefined =>
  text
    ?.split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '');
