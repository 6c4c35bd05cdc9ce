/** One line on why a run failed: a failed node, the main line of its error, and whether more steps failed. */
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { errorsThat, messageOf, pathOf } from '../live/errors.ts';
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

/** Limit of the gateway. Newer runs come first. */
const MOST_RUNS = 1000;

/** Why these runs failed, by one query. */
export function useFailures(failed: readonly ListedRun[]) {
  const runs = failed.slice(0, MOST_RUNS).map(({ workflowId, id }) => ({ __typename: 'Run', workflowId, id }));
  return useGatewayQuery(FAILED_RUNS, {
    variables: runs.length === 0 ? null : { runs },
    read: (data) => data._entities,
    fetchPolicy: 'no-cache',
    keepsPrevious: true,
  });
}

export interface FailureOfRunProps {
  readonly run: ListedRun;
  /** Of the run, among the failed ones. */
  readonly place: number;
  readonly failures: ReturnType<typeof useFailures>;
}

export function FailureOfRun({ run: { workflowId, id, error }, place, failures }: FailureOfRunProps) {
  const steps = failures.value?.find((found) => found?.workflowId === workflowId && found.id === id)?.failedSteps;
  const [first] = steps ?? [];
  const message = first ? first.errorInfo?.message : error;
  // Its place is kept, so that the row does not grow.
  if (!steps && !failures.error) return <span>&nbsp;</span>;
  if (!steps && message == null) {
    const ofRun = errorsThat(failures.error, (one) => (pathOf(one)[1] ?? place) === place);
    return (
      <span className="muted" title={ofRun && messageOf(ofRun)}>
        Its error could not be read
      </span>
    );
  }
  return (
    <>
      {first && (
        <code className="node ellipsis">
          <bdi>{first.nodeId}</bdi>
        </code>
      )}{' '}
      <span dir="auto" title={message ?? undefined}>
        {headlineOf(message ?? '') || 'No error message'}
      </span>
      {steps && steps.length > 1 && <span className="muted"> and more</span>}
    </>
  );
}
