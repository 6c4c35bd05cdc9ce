/** Which runs are listed: by status and by time, kept in the address. */
import type { RunFilter } from '../__generated__/graphql.ts';
import { StatusFilter, statusesOf } from '../status/status-filter.tsx';
import { useTimeWindow } from '../time-window/time-window.ts';
import { TimeWindowPicker } from '../time-window/time-window-picker.tsx';
import { useUrlQuery } from '../url/query.ts';
import './run-filters.css';

/** Null where everything is wanted. */
export function useRunFilter(): RunFilter | null {
  const status = statusesOf(useUrlQuery());
  const { startedAfter, startedBefore } = useTimeWindow();
  if (status.length === 0 && startedAfter === null && startedBefore === null) return null;
  return { status: status.length > 0 ? status : null, startedAfter, startedBefore };
}

export function RunFilters() {
  return (
    <div className="toolbar run-filters">
      <StatusFilter resets={{ after: null }} />
      <TimeWindowPicker all="Any time" />
    </div>
  );
}
