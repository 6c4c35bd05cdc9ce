/** What failed, how often and since when: runs that failed alike are together, each a link. */
import { useQuery } from '@apollo/client/react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import type { FailureGroupsQuery } from '../__generated__/graphql.ts';
import { formatCount } from '../format/numbers.ts';
import { Ago } from '../format/time.tsx';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { runPath, useUrlQuery } from '../url/query.ts';
import { REFRESHED } from './refreshed.ts';
import type { RunTrendProps } from './run-trend.tsx';

const FAILURE_GROUPS = graphql(`
  query FailureGroups($workflowId: ID!, $last: Int!, $startedAfter: DateTime, $startedBefore: DateTime) {
    workflow(id: $workflowId) {
      id
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

/** Each failed run that is not cached yet costs the gateway a call. */
const LAST_RUNS = 100;

export interface FailureGroupsProps extends RunTrendProps {
  /** Only what failed at this node. */
  readonly nodeId: string | null;
}

export function FailureGroups({ workflowId, nodeId, window }: FailureGroupsProps) {
  const { data, previousData, error, refetch } = useQuery(FAILURE_GROUPS, {
    variables: { workflowId, last: LAST_RUNS, ...window },
    ...REFRESHED,
  });
  const answered = (data ?? previousData)?.workflow?.failureGroups;
  const groups = answered?.filter((group) => group !== null && (nodeId === null || group.nodeId === nodeId));
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
      {error && (
        <Failure error={error} what="failures" isPartial={groups !== undefined} onRetry={() => void refetch()} />
      )}
      {!groups && !error && <Loading what="the failures" />}
      {groups?.length === 0 && <Empty title="No failures in this time" />}
      {groups && groups.length > 0 && (
        <ol className="panel">
          {groups.map(
            (group) => group && <Group key={JSON.stringify([group.nodeId, group.code, group.message])} group={group} />,
          )}
        </ol>
      )}
    </section>
  );
}

type FailureGroup = NonNullable<NonNullable<NonNullable<FailureGroupsQuery['workflow']>['failureGroups']>[number]>;

/** More are folded. */
const SHOWN_RUNS = 5;

function Group({
  group: { nodeId, message, code, count, firstSeenAt, lastSeenAt, runs },
}: {
  readonly group: FailureGroup;
}) {
  const url = useUrlQuery();
  const listed = runs?.filter((run) => run !== null) ?? [];
  return (
    <li>
      <p className="count">
        {formatCount(count)}
        <span className="times">×</span>
      </p>
      <div className="what">
        <p className="message" title={message ?? undefined}>
          {message == null ? 'No error message' : <bdi>{message}</bdi>}
        </p>
        <p className="muted where">
          {nodeId == null ? (
            'no step failed'
          ) : (
            <Link to={url.with({ node: nodeId })} preventScrollReset className="mono" title={nodeId}>
              <bdi>{nodeId}</bdi>
            </Link>
          )}
          {code != null && <code title={code}>{code}</code>}
        </p>
      </div>
      <dl>
        <div>
          <dt>First seen</dt>
          <dd>
            <Ago at={firstSeenAt} />
          </dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Ago at={lastSeenAt} />
          </dd>
        </div>
      </dl>
      <div className="runs">
        <RunLinks runs={listed.slice(0, SHOWN_RUNS)} />
        {listed.length > SHOWN_RUNS && (
          <details>
            <summary>
              {listed.length === count ? 'all' : `the latest ${listed.length} of`} {formatCount(count)}
            </summary>
            <RunLinks runs={listed.slice(SHOWN_RUNS)} />
          </details>
        )}
      </div>
    </li>
  );
}

type ListedRun = NonNullable<NonNullable<FailureGroup['runs']>[number]>;

function RunLinks({ runs }: { readonly runs: readonly ListedRun[] }) {
  return (
    <ul>
      {runs.map(({ workflowId, id, startedAt }) => (
        <li key={id}>
          <Link to={runPath(workflowId, id)} className="mono" title={id}>
            <bdi>{id}</bdi>
          </Link>{' '}
          <span className="muted">
            <Ago at={startedAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}
