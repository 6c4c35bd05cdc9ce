/** Why the failed runs of a list failed, in one query. */
import type { ReactNode } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { FailureLine } from '../failures/failure-summary.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { errorsThat, messageOf, pathOf } from '../live/errors.ts';
import { markOf } from '../text/mark.ts';
import type { ListedRun } from './merged-runs.ts';

const FAILED_RUNS = graphql(`
  query FailedRuns($runs: [_Any!]!) {
    _entities(representations: $runs) {
      ... on Run {
        id
        workflowId
        failedSteps(latestAttemptOnly: true, first: 2) {
          nodeId
          attempt
          attemptCount
          itemKey
          itemAttempt
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

type FailedRun = Pick<ListedRun, 'workflowId' | 'id' | 'status' | 'error'>;

/** The failure of each of these runs in one line; `null` for a run that hasn't failed. */
export function useFailureLines(listed: readonly FailedRun[]): (run: FailedRun) => ReactNode {
  const failed = listed.filter(({ status }) => status === 'FAILED').slice(0, MOST_RUNS);
  const runs = failed.map(({ workflowId, id }) => ({ __typename: 'Run', workflowId, id }));
  const { value: answered, error: problem } = useGatewayQuery(FAILED_RUNS, {
    variables: runs.length === 0 ? null : { runs },
    read: (data) => data._entities,
    fetchPolicy: 'no-cache',
    keepsPrevious: true,
  });
  return ({ workflowId, id, status, error }) => {
    if (status !== 'FAILED') return null;
    const steps = answered?.find((found) => found?.workflowId === workflowId && found.id === id)?.failedSteps;
    // Its place is kept, so that the row does not grow.
    if (!steps && !problem) return <span>&nbsp;</span>;
    const [first] = steps ?? [];
    if (!steps && error == null) {
      const place = failed.findIndex((run) => run.workflowId === workflowId && run.id === id);
      const ofRun = errorsThat(problem, (one) => (pathOf(one)[1] ?? place) === place);
      return (
        <span className="muted" title={ofRun && messageOf(ofRun)}>
          Its error could not be loaded
        </span>
      );
    }
    const message = first ? first.errorInfo?.message : error;
    return (
      <FailureLine
        cause={{ nodeId: first?.nodeId, mark: first && markOf(first), message }}
        hasMore={(steps?.length ?? 0) > 1}
      />
    );
  };
}
