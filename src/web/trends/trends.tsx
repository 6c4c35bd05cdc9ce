/** Trends and failures of a workflow, or of one of its nodes. */
import { useId } from 'react';
import { TimeWindowPicker } from '../time/time-window-picker.tsx';
import { useTimeWindow } from '../time/time-window.ts';
import { Contained } from '../shell/contained.tsx';
import { useUrl } from '../url/url.ts';
import { FailureGroups } from './failure-groups.tsx';
import { Trend } from './trend.tsx';
import { useWorkflowShifts, WorkflowShifts } from './workflow-shifts.tsx';
import { useWorkflowChanges, WorkflowChanges } from './workflow-changes.tsx';

export interface TrendsProps {
  readonly workflowId: string;
  /** Nodes of the workflow's graph, as options of the node field. */
  readonly nodeIds: readonly string[];
}

export default function Trends({ workflowId, nodeIds }: TrendsProps) {
  const nodeId = useUrl().params.node;
  // The parts of a trend need an end; failures are listed up to now.
  const window = useTimeWindow({ isClosed: true });
  const upToNow = useTimeWindow();
  const changed = useWorkflowChanges(workflowId, nodeId);
  const shifts = useWorkflowShifts(workflowId);
  const changedAt = changed.changes?.map(({ at }) => at) ?? [];
  const shiftedAt = shifts.value?.nodes.map(({ since }) => since) ?? [];
  return (
    <section className="trends stack" aria-label="Trends">
      <div className="toolbar">
        <TimeWindowPicker all="Latest runs" />
        <NodeField nodeIds={nodeIds} />
      </div>
      <Contained what="the trends">
        <Trend key={nodeId} {...{ workflowId, nodeId, window, changedAt, shiftedAt }} />
      </Contained>
      <Contained what="the shifts">
        <WorkflowShifts {...shifts} />
      </Contained>
      <Contained what="the changes">
        <WorkflowChanges {...changed} />
      </Contained>
      <Contained what="the failures">
        <FailureGroups workflowId={workflowId} nodeId={nodeId} window={upToNow} />
      </Contained>
    </section>
  );
}

function NodeField({ nodeIds }: { readonly nodeIds: readonly string[] }) {
  const url = useUrl();
  const id = useId();
  const nodeId = url.params.node;
  const known = nodeId === null || nodeIds.includes(nodeId) ? nodeIds : [...nodeIds, nodeId];
  return (
    <span className="inline">
      <label htmlFor={id}>Of</label>
      <select id={id} value={nodeId ?? ''} onChange={({ target }) => url.go({ node: target.value })}>
        <option value="">the whole workflow</option>
        {known.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </span>
  );
}
