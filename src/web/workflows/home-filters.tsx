/** Which runs the home page lists: by status, workflow and time. All of it is in the address. */
import { useId } from 'react';
import { StatusFilter } from '../status/status-filter.tsx';
import { useUrlQuery, type UrlQuery } from '../url/query.ts';
import type { NamedWorkflow } from './directory.ts';
import { SPANS, spanOf } from './home-query.ts';

export function HomeFilters({ workflows }: { readonly workflows: readonly NamedWorkflow[] }) {
  const url = useUrlQuery();
  const workflowId = url.read('workflow') ?? '';
  const span = spanOf(url);
  const [workflowField, timeField] = [useId(), useId()];
  return (
    <div className="toolbar home-filters" role="search" aria-label="Filter runs">
      <StatusFilter resets={{ show: null }} />
      <label htmlFor={workflowField} className="visually-hidden">
        Workflow
      </label>
      <select
        id={workflowField}
        value={workflowId}
        onChange={({ target }) => {
          url.change({ workflow: target.value, show: null }, { replace: true });
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
      <label htmlFor={timeField} className="visually-hidden">
        Time
      </label>
      <select
        id={timeField}
        value={span}
        onChange={({ target: { value } }) => {
          url.change({ since: value === 'any' ? null : value, from: null, to: null, show: null }, { replace: true });
        }}
      >
        <option value="any">Any time</option>
        {Object.entries(SPANS).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
        <option value="exact">From … to …</option>
      </select>
      {span === 'exact' && (
        <>
          <MomentField name="from" label="From" url={url} />
          <MomentField name="to" label="To" url={url} />
        </>
      )}
    </div>
  );
}

interface MomentFieldProps {
  readonly name: string;
  readonly label: string;
  readonly url: UrlQuery;
}

/** Shown in the reader's time zone. The address has the moment itself, so that it is the same everywhere. */
function MomentField({ name, label, url }: MomentFieldProps) {
  const id = useId();
  return (
    <span className="moment-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={localOf(url.read(name))}
        onChange={({ target: { value } }) => {
          const ms = Date.parse(value);
          url.change({ [name]: Number.isNaN(ms) ? null : new Date(ms).toISOString(), show: null }, { replace: true });
        }}
      />
    </span>
  );
}

/** As a `datetime-local` field has it. */
function localOf(moment: string | null): string {
  const ms = Date.parse(moment ?? '');
  if (Number.isNaN(ms)) return '';
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
