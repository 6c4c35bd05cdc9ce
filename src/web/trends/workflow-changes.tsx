/** Changes of a workflow, newest first, and how many runs were compared for it. */
import { graphql } from '../__generated__/gql.ts';
import type { WorkflowChangesQuery } from '../__generated__/graphql.ts';
import { ChangeOf } from '../failures/changes.tsx';
import { Ago } from '../time/time.tsx';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { Failure, Loading } from '../shell/notices.tsx';

const WORKFLOW_CHANGES = graphql(`
  query WorkflowChanges($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      updatedAt
      changePoints(last: 50) {
        nodes {
          at
          kind
          nodeId
          ...Change
        }
        runsExamined
        runsRequested
      }
    }
  }
`);

type Change = NonNullable<NonNullable<WorkflowChangesQuery['workflow']>['changePoints']>['nodes'][number];

/** `nodeId`: only changes of this node, and of the whole workflow. */
export function useWorkflowChanges(workflowId: string, nodeId: string | null) {
  const answer = useGatewayQuery(WORKFLOW_CHANGES, {
    variables: { workflowId },
    read: (data) => data.workflow,
    ...REFRESHED,
  });
  const isShown = (change: Change) => nodeId === null || change.nodeId === null || change.nodeId === nodeId;
  const changes = answer.value?.changePoints?.nodes.filter(isShown);
  return { ...answer, changes };
}

/** More are folded. */
const SHOWN = 5;

export type WorkflowChangesProps = ReturnType<typeof useWorkflowChanges>;

export function WorkflowChanges({ value: workflow, changes, error, refetch }: WorkflowChangesProps) {
  const points = workflow?.changePoints;
  const items = (some: readonly Change[]) => (
    <ol>
      {some.map((change) => (
        <li key={`${change.at} ${change.kind} ${change.nodeId ?? ''}`}>
          <ChangeOf change={change} />
        </li>
      ))}
    </ol>
  );
  return (
    <section aria-labelledby="changes" className="workflow-changes">
      <h2 id="changes">
        What changed{' '}
        <span className="fact-part">
          {points && `looked at ${points.runsExamined} of ${points.runsRequested} runs`}
          {workflow?.updatedAt != null && (
            <>
              {' '}
              · workflow updated <Ago at={workflow.updatedAt} />
            </>
          )}
        </span>
      </h2>
      {error && <Failure error={error} what="changes" isPartial={changes !== undefined} onRetry={refetch} />}
      {!changes && !error && <Loading what="the changes" />}
      {changes?.length === 0 && <p className="muted">No change of model, prompt, parameters or graph found.</p>}
      {changes && changes.length > 0 && (
        <div className="panel">
          {items(changes.slice(0, SHOWN))}
          {changes.length > SHOWN && (
            <details>
              <summary>{changes.length - SHOWN} earlier changes</summary>
              {items(changes.slice(SHOWN))}
            </details>
          )}
        </div>
      )}
    </section>
  );
}
