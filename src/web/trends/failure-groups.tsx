/** Failures of the latest runs, grouped by node, code and message. */
import { graphql } from '../__generated__/gql.ts';
import { useAnswer } from '../live/answer.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { FailureGroup } from './failure-group.tsx';
import { REFRESHED } from './refreshed.ts';
import type { RunTrendProps } from './trend.tsx';

const FAILURE_GROUPS = graphql(`
  query FailureGroups($workflowId: ID!, $last: Int!, $startedAfter: DateTime, $startedBefore: DateTime) {
    workflow(id: $workflowId) {
      id
      statistics(last: $last, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        runCount
      }
      failureGroups(last: $last, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        nodeId
        message
        code
        count
        firstSeenAt
        lastSeenAt
        runs(first: 100) {
          id
          workflowId
          startedAt
        }
      }
    }
  }
`);

/** The gateway needs one upstream call for each failed run that is not cached. */
const LAST_RUNS = 100;

export interface FailureGroupsProps extends RunTrendProps {
  /** Shows only failures of this node; null shows all failures. */
  readonly nodeId: string | null;
}

export function FailureGroups({ workflowId, nodeId, window }: FailureGroupsProps) {
  const {
    value: answered,
    error,
    retry,
  } = useAnswer(FAILURE_GROUPS, {
    variables: { workflowId, last: LAST_RUNS, ...window },
    read: (data) => data.workflow,
    ...REFRESHED,
  });
  const groups = answered?.failureGroups?.filter(
    (group) => group !== null && (nodeId === null || group.nodeId === nodeId),
  );
  const isWhole = (answered?.statistics?.runCount ?? LAST_RUNS) < LAST_RUNS;
  return (
    <section aria-labelledby="failures" className="failures">
      <h2 id="failures">
        Failures{' '}
        <span className="muted">
          of the latest {LAST_RUNS} runs
          {nodeId !== null && (
            <>
              {' '}
              at <bdi className="mono">{nodeId}</bdi>
            </>
          )}
        </span>
      </h2>
      {error && <Failure error={error} what="failures" isPartial={groups !== undefined} onRetry={retry} />}
      {!groups && !error && <Loading what="the failures" />}
      {groups?.length === 0 && !error && (
        <Empty
          title={isWhole ? 'No failures in this time' : `No failures of the latest ${LAST_RUNS} runs in this time`}
        />
      )}
      {groups && groups.length > 0 && (
        <ol className="panel">
          {groups.map(
            (group) =>
              group && <FailureGroup key={JSON.stringify([group.nodeId, group.code, group.message])} group={group} />,
          )}
        </ol>
      )}
    </section>
  );
}
