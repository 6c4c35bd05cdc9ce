/** When the workflow became slower, faster, dearer or cheaper, and the nodes that account for it. */
import { graphql } from '../__generated__/gql.ts';
import { amountOf, ShiftLine } from '../failures/shifts.tsx';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { Failure } from '../shell/notices.tsx';

const WORKFLOW_SHIFTS = graphql(`
  query WorkflowShifts($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      shifts {
        nodes {
          metric
          since
          nodes {
            nodeId
            before
            after
          }
          ...Shift
        }
      }
    }
  }
`);

export function useWorkflowShifts(workflowId: string) {
  return useGatewayQuery(WORKFLOW_SHIFTS, {
    variables: { workflowId },
    read: (data) => data.workflow?.shifts,
    ...REFRESHED,
  });
}

/** Nodes with the largest differences. */
const SHOWN = 3;

export function WorkflowShifts({ value: shifts, error, refetch }: ReturnType<typeof useWorkflowShifts>) {
  if (error) return <Failure error={error} what="shifts" isPartial={shifts != null} onRetry={refetch} />;
  if (!shifts || shifts.nodes.length === 0) return null;
  return (
    <section aria-labelledby="shifts">
      <h2 id="shifts">Slower or dearer</h2>
      <ol className="panel shift-list">
        {shifts.nodes.map((shift) => (
          <li key={`${shift.metric} ${shift.since}`}>
            <p className="toolbar">
              <ShiftLine shift={shift} />
            </p>
            <p className="toolbar small muted">
              {shift.nodes?.slice(0, SHOWN).map(({ nodeId, before, after }) => (
                <span key={nodeId}>
                  <bdi className="mono">{nodeId}</bdi> {amountOf(before, shift.metric)} →{' '}
                  {amountOf(after, shift.metric)}
                </span>
              ))}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
