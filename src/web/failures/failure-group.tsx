/** Runs that failed alike: new or not, where and why, how often, since when, what changed before, and which runs. */
import { Link } from 'react-router';
import { CircleAlert, CircleCheck, History } from 'lucide-react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { FailureGroupFragment } from '../__generated__/graphql.ts';
import { countOf, formatCount } from '../format/numbers.ts';
import { Ago } from '../time/time.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import type { News } from '../notifications/notifications.ts';
import { headlineOf } from '../text/excerpt.ts';
import { comparisonLink, runLink, trendsLink, workflowLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { ChangeBefore } from './change-before.tsx';
import { FailureTimes, type Span } from './failure-times.tsx';

export const FAILURE_GROUP = graphql(`
  fragment FailureGroup on FailureGroup {
    workflow {
      id
      name
    }
    nodeId
    message
    latestMessage
    code
    count
    firstSeenAt
    firstSeenIsExact
    lastSeenAt
    isNew
    isResolved
    runs(first: 100) {
      id
      workflowId
      startedAt
    }
  }
`);

export type MaskedGroup = FragmentType<typeof FAILURE_GROUP>;

const FAILURE_CONTEXT = graphql(`
  query FailureContext($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      diagnosis {
        changes {
          nodeId
          ...Change
        }
        baseline {
          run {
            id
            workflowId
          }
        }
      }
    }
  }
`);

const STATES = {
  new: { word: 'New', icon: CircleAlert, look: 'status-failed' },
  ongoing: { word: 'Ongoing', icon: History, look: 'status-cancelled' },
  resolved: { word: 'Resolved', icon: CircleCheck, look: 'status-completed' },
} as const;

const stateOf = ({ isNew, isResolved }: FailureGroupFragment) => (isResolved ? 'resolved' : isNew ? 'new' : 'ongoing');

export const keyOf = (group: MaskedGroup): string => {
  const { workflow, nodeId, code, message } = readFragment(FAILURE_GROUP, group);
  return JSON.stringify([workflow.id, nodeId, code, message]);
};

export function newsOf(group: MaskedGroup): News {
  const { workflow, nodeId, latestMessage } = readFragment(FAILURE_GROUP, group);
  const body = [nodeId, headlineOf(latestMessage ?? '')].filter(Boolean).join(': ');
  return { key: keyOf(group), title: `New failure in ${workflow.name ?? workflow.id}`, body };
}

export interface FailureGroupProps {
  readonly group: MaskedGroup;
  readonly span: Span;
  /** False where all groups are of the same workflow. */
  readonly namesWorkflow?: boolean;
}

export function FailureGroup({ group: masked, span, namesWorkflow = false }: FailureGroupProps) {
  const url = useUrl();
  const group = readFragment(FAILURE_GROUP, masked);
  const { workflow, nodeId, latestMessage, code, count, firstSeenAt, firstSeenIsExact, isResolved } = group;
  const { word, icon: Icon, look } = STATES[stateOf(group)];
  const runs = group.runs?.filter((run) => run !== null) ?? [];
  const [newest, ...older] = runs;
  // The examined runs do not have the start of an older failure.
  const hasCause = newest !== undefined && firstSeenIsExact && !isResolved;
  const context = useGatewayQuery(FAILURE_CONTEXT, {
    variables: hasCause ? { workflowId: workflow.id, id: newest.id } : null,
    read: (data) => data.run?.diagnosis,
    keepsPrevious: true,
    fetchPolicy: 'no-cache',
  });
  const { baseline, changes } = context.value ?? {};
  const changedNodeId = changes?.find((change) => change.nodeId !== null)?.nodeId;
  return (
    <li>
      {hasCause && <ChangeBefore changes={changes} error={context.error} />}
      <p className="failure-count">
        {formatCount(count)}
        <span className="times">×</span>
      </p>
      <div className="what">
        <p className="where">
          <span className={`badge ${look}`}>
            <Icon aria-hidden="true" /> {word}
          </span>
          {namesWorkflow && (
            <Link to={workflowLink(workflow.id)} className="workflow" title={workflow.name ?? workflow.id}>
              <bdi>{workflow.name ?? workflow.id}</bdi>
            </Link>
          )}
          {nodeId == null ? (
            <span className="muted">no step failed</span>
          ) : (
            <Link
              to={namesWorkflow ? trendsLink(workflow.id, nodeId) : url.link({ node: nodeId })}
              className="mono"
              title={nodeId}
            >
              <bdi>{nodeId}</bdi>
            </Link>
          )}
          {code != null && <code title={code}>{code}</code>}
        </p>
        <p className="message" title={latestMessage ?? undefined} dir="auto">
          {headlineOf(latestMessage ?? '') || 'No error message'}
        </p>
      </div>
      <dl>
        <div>
          <dt>First seen</dt>
          <dd>
            {!firstSeenIsExact && firstSeenAt != null && 'at least '}
            <Ago at={firstSeenAt} />
          </dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Ago at={group.lastSeenAt} />
          </dd>
        </div>
      </dl>
      <FailureTimes runs={runs} count={count} span={span} />
      {newest && (
        <p className="runs">
          <span className="muted">Newest run</span>
          <Link to={runLink(newest)} className="mono" title={newest.id} data-row>
            <bdi>{newest.id}</bdi>
          </Link>
          <Link to={comparisonLink(newest, baseline?.run, changedNodeId)}>Compare with the last success</Link>
        </p>
      )}
      {older.length > 0 && (
        <details className="runs">
          <summary>
            {older.length < count - 1 && `The latest ${older.length} of `}
            {countOf(count - 1, 'older run')}
          </summary>
          <ul>
            {older.map((run) => (
              <li key={run.id}>
                <Link to={runLink(run)} className="mono" title={run.id}>
                  <bdi>{run.id}</bdi>
                </Link>{' '}
                <span className="muted">
                  <Ago at={run.startedAt} />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
