/** Filters of the home page by workflow and time, stored in the URL. */
import { useId } from 'react';
import { TimeWindowPicker } from '../time/time-window-picker.tsx';
import { useUrl } from '../url/url.ts';
import type { NamedWorkflow } from './directory.ts';

export function HomeFilters({ workflows }: { readonly workflows: readonly NamedWorkflow[] }) {
  const url = useUrl();
  const workflowId = url.params.workflow ?? '';
  const workflowField = useId();
  return (
    <div className="toolbar home-filters" role="search" aria-label="Filter failures and runs">
      <label htmlFor={workflowField} className="visually-hidden">
        Workflow
      </label>
      <select id={workflowField} value={workflowId} onChange={({ target }) => url.go({ workflow: target.value })}>
        <option value="">All workflows</option>
        {workflowId !== '' && !workflows.some(({ id }) => id === workflowId) && (
          <option value={workflowId}>{workflowId}</option>
        )}
        {workflows.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <TimeWindowPicker all="Latest" />
    </div>
  );
}
