/** Filters of the home page by workflow and time, stored in the URL. */
import { useId } from 'react';
import { TOP } from '../time-window/time-window.ts';
import { TimeWindowPicker } from '../time-window/time-window-picker.tsx';
import { useUrlQuery } from '../url/query.ts';
import type { NamedWorkflow } from './directory.ts';

export function HomeFilters({ workflows }: { readonly workflows: readonly NamedWorkflow[] }) {
  const url = useUrlQuery();
  const workflowId = url.read('workflow') ?? '';
  const workflowField = useId();
  return (
    <div className="toolbar home-filters" role="search" aria-label="Filter failures and runs">
      <label htmlFor={workflowField} className="visually-hidden">
        Workflow
      </label>
      <select
        id={workflowField}
        value={workflowId}
        onChange={({ target }) => {
          url.change({ workflow: target.value, ...TOP }, { replace: true });
        }}
      >
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
