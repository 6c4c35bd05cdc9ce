/** What changed in a workflow before a failure was first seen, in a line; how many runs were examined for it. */
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { countOf } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { messageOf } from '../shell/notices.tsx';
import { CHANGES, ChangeOf, coverageText, type Change } from './changes.tsx';

const RUNS_BETWEEN = graphql(`
  query RunsBetween($workflowId: ID!, $startedAfter: DateTime, $startedBefore: DateTime) {
    workflow(id: $workflowId) {
      id
      statistics(last: 1000, startedAfter: $startedAfter, startedBefore: $startedBefore) {
        runCount
      }
    }
  }
`);

export interface ChangeBeforeProps {
  readonly workflow: FragmentType<typeof CHANGES> | null | undefined;
  readonly error: Error | undefined;
  readonly firstSeenAt: string;
}

export function ChangeBefore({ workflow: masked, error, firstSeenAt }: ChangeBeforeProps) {
  const workflow = readFragment(CHANGES, masked);
  const changes = workflow?.changePoints?.filter((change) => change !== null);
  const [latest, ...others] = changes?.filter(({ at }) => Date.parse(at) <= Date.parse(firstSeenAt)) ?? [];
  if (!workflow || !changes) {
    return error ? (
      <p className="change muted" title={messageOf(error)}>
        What changed before could not be read
      </p>
    ) : null;
  }
  const coverage = coverageText(workflow.changeCoverage);
  if (!latest) {
    return (
      <p className="change muted">
        No change of model, prompt, parameters or graph found before it{coverage && `: ${coverage}`}
      </p>
    );
  }
  return (
    <div className="change is-found">
      {[latest, ...others.filter(({ at }) => at === latest.at)].map((change) => (
        <ChangeOf key={`${change.kind} ${change.nodeId ?? ''}`} change={change}>
          <RunsBetween workflowId={workflow.id} change={change} firstSeenAt={firstSeenAt} />
          {coverage && <span className="muted"> ({coverage})</span>}
        </ChangeOf>
      ))}
    </div>
  );
}

interface RunsBetweenProps {
  readonly workflowId: string;
  readonly change: Change;
  readonly firstSeenAt: string;
}

function RunsBetween({ workflowId, change: { at }, firstSeenAt }: RunsBetweenProps) {
  const { value: count } = useGatewayQuery(RUNS_BETWEEN, {
    variables: { workflowId, startedAfter: at, startedBefore: firstSeenAt },
    read: (data) => data.workflow?.statistics?.runCount,
    fetchPolicy: 'no-cache',
  });
  if (count == null) return null;
  return count === 0 ? ', with the first failure' : `, ${countOf(count, 'run')} before the first failure`;
}
