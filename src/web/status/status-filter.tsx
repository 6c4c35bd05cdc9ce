/** Checkboxes that filter by status, stored in the URL. No checked box means all. */
import type { RunStatus } from '../__generated__/graphql.ts';
import { useUrlQuery, type Changes, type UrlQuery } from '../url/query.ts';
import { statusWord } from './status.tsx';
import './status-filter.css';

const STATUSES: readonly RunStatus[] = ['FAILED', 'RUNNING', 'PENDING', 'COMPLETED', 'CANCELLED', 'UNKNOWN'];

/** Valid statuses in the URL. */
export function statusesOf(url: UrlQuery): RunStatus[] {
  const named = url.read('status')?.split(',') ?? [];
  return STATUSES.filter((status) => named.includes(status));
}

/** `resets`: URL parameters that a new choice makes invalid, such as a cursor. */
export function StatusFilter({ resets }: { readonly resets: Changes }) {
  const url = useUrlQuery();
  const chosen = statusesOf(url);
  return (
    <fieldset className="status-filter">
      <legend className="visually-hidden">Status</legend>
      {STATUSES.map((status) => (
        <label key={status}>
          <input
            type="checkbox"
            checked={chosen.includes(status)}
            onChange={({ target }) => {
              const next = target.checked ? [...chosen, status] : chosen.filter((one) => one !== status);
              url.change({ ...resets, status: next.join(',') }, { replace: true });
            }}
          />
          {statusWord(status)}
        </label>
      ))}
    </fieldset>
  );
}
