/** Failures of the latest runs, grouped by node, code and message. */
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { countOf } from '../format/numbers.ts';
import { FAILURE_GROUP } from '../failures/failure-group.tsx';
import { FailureList } from '../failures/failure-list.tsx';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { useNow } from '../time/now.ts';
import type { TrendProps } from './trend.tsx';

const FAILURE_GROUPS = graphql(`
  query FailureGroups($workflowId: ID!, $last: Int!, $startedAfter: DateTime, $startedBefore: DateTime) {
    workflow(id: $workflowId) {
      id
      failureGroups(last: $last, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        nodes {
          ...FailureGroup
        }
        runsRequested
        isComplete
      }
    }
  }
`);

/** The gateway needs one upstream call for each failed run that is not cached. */
const LAST_RUNS = 100;

/** `nodeId`: `null` for failures of all nodes. */
export function FailureGroups({ workflowId, nodeId, window }: Omit<TrendProps, 'changedAt' | 'shiftedAt'>) {
  const nowMs = useNow();
  const { value: answered, ...query } = useGatewayQuery(FAILURE_GROUPS, {
    variables: { workflowId, last: LAST_RUNS, ...window },
    read: (data) => data.workflow,
    ...REFRESHED,
  });
  const groups = answered?.failureGroups?.nodes.filter(
    (group) => nodeId === null || readFragment(FAILURE_GROUP, group).nodeId === nodeId,
  );
  const { runsRequested = LAST_RUNS, isComplete = true } = answered?.failureGroups ?? {};
  const examined = `${isComplete ? '' : 'the latest '}${countOf(runsRequested, 'run')}`;
  const { startedAfter, startedBefore } = window;
  const span = {
    fromMs: startedAfter === null ? null : Date.parse(startedAfter),
    toMs: startedBefore === null ? nowMs : Date.parse(startedBefore),
    words: `among ${examined}`,
  };
  return (
    <section aria-labelledby="failures" className="failures">
      <h2 id="failures">
        Failures{' '}
        <span className="fact-part">
          of {examined}
          {nodeId !== null && (
            <>
              {' '}
              at <bdi className="mono">{nodeId}</bdi>
            </>
          )}
        </span>
      </h2>
      {query.error && (
        <Failure error={query.error} what="failures" isPartial={groups !== undefined} onRetry={query.refetch} />
      )}
      {!groups && !query.error && <Loading what="the failures" />}
      {groups?.length === 0 && !query.error && (
        <Empty title={isComplete ? 'No failures in this time' : `No failures of ${examined} in this time`} />
      )}
      {groups && groups.length > 0 && <FailureList groups={groups} span={span} />}
    </section>
  );
}
