/** Runs with the same failure: its message, count, first and last time, and links to the runs. */
import { Link } from 'react-router';
import type { FailureGroupsQuery } from '../__generated__/graphql.ts';
import { formatCount } from '../format/numbers.ts';
import { Ago } from '../format/time.tsx';
import { runPath, useUrlQuery } from '../url/query.ts';

type Group = NonNullable<NonNullable<NonNullable<FailureGroupsQuery['workflow']>['failureGroups']>[number]>;

/** Further runs are folded. */
const SHOWN_RUNS = 5;

export function FailureGroup({
  group: { nodeId, message, code, count, firstSeenAt, lastSeenAt, runs },
}: {
  readonly group: Group;
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

type ListedRun = NonNullable<NonNullable<Group['runs']>[number]>;

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
