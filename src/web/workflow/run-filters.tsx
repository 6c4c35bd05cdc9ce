/** Which runs are listed: by status and by time, kept in the address. */
import type { RunFilter, RunStatus } from '../__generated__/graphql.ts';
import { statusWord } from '../status/status.tsx';
import { useTimeWindow } from '../time-window/time-window.ts';
import { TimeWindowPicker } from '../time-window/time-window-picker.tsx';
import { useUrlQuery, type UrlQuery } from '../url/query.ts';
import './run-filters.css';

const STATUSES: readonly RunStatus[] = ['RUNNING', 'FAILED', 'COMPLETED', 'CANCELLED', 'PENDING', 'UNKNOWN'];

/** Null where everything is wanted. */
export function useRunFilter(): RunFilter | null {
  const chosen = statusesOf(useUrlQuery());
  const status = STATUSES.filter((known) => chosen.includes(known));
  const { startedAfter, startedBefore } = useTimeWindow();
  if (status.length === 0 && startedAfter === null && startedBefore === null) return null;
  return { status: status.length > 0 ? status : null, startedAfter, startedBefore };
}

const statusesOf = (url: UrlQuery): string[] => url.read('status')?.split(',') ?? [];

export function RunFilters() {
  const url = useUrlQuery();
  const chosen = statusesOf(url);
  return (
    <div className="toolbar run-filters">
      <fieldset>
        <legend className="visually-hidden">Status</legend>
        {STATUSES.map((status) => (
          <label key={status}>
            <input
              type="checkbox"
              checked={chosen.includes(status)}
              onChange={({ target }) => {
                const next = target.checked ? [...chosen, status] : chosen.filter((one) => one !== status);
                url.change({ status: next.join(','), after: null }, { replace: true });
              }}
            />
            {statusWord(status)}
          </label>
        ))}
      </fieldset>
      <TimeWindowPicker all="Any time" />
    </div>
  );
}
