/** Which runs are listed: by status and by day, kept in the address. */
import { useId } from 'react';
import type { RunFilter, RunStatus } from '../__generated__/graphql.ts';
import { statusWord } from '../status/status.tsx';
import { useUrlQuery, type UrlQuery } from '../url/query.ts';
import './run-filters.css';

const STATUSES: readonly RunStatus[] = ['RUNNING', 'FAILED', 'COMPLETED', 'CANCELLED', 'PENDING', 'UNKNOWN'];

/** Null where everything is wanted. */
export function filterOf(url: UrlQuery): RunFilter | null {
  const status = STATUSES.filter((known) => statusesOf(url).includes(known));
  const startedAfter = dayOf(url.read('from'), 0);
  const startedBefore = dayOf(url.read('to'), 1);
  if (status.length === 0 && startedAfter === null && startedBefore === null) return null;
  return { status: status.length > 0 ? status : null, startedAfter, startedBefore };
}

const statusesOf = (url: UrlQuery): string[] => url.read('status')?.split(',') ?? [];

/** The moment at which a day of the reader's calendar begins, or the one after it. */
function dayOf(text: string | null, daysLater: 0 | 1): string | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? '') ?? [];
  if (year === undefined) return null;
  return new Date(Number(year), Number(month) - 1, Number(day) + daysLater).toISOString();
}

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
      <Day name="from" label="From" url={url} />
      <Day name="to" label="To" url={url} />
    </div>
  );
}

function Day({ name, label, url }: { readonly name: string; readonly label: string; readonly url: UrlQuery }) {
  const id = useId();
  return (
    <span className="day">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={url.read(name) ?? ''}
        onChange={({ target }) => {
          url.change({ [name]: target.value, after: null }, { replace: true });
        }}
      />
    </span>
  );
}
