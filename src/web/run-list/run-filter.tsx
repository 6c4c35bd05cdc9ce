/** The filter of a list of runs, stored in the URL. */
import { useId } from 'react';
import type { RunFilter } from '../__generated__/graphql.ts';
import { SearchField } from '../controls/search-field.tsx';
import { formatDuration } from '../format/duration.ts';
import { useTimeWindow } from '../time/time-window.ts';
import type { Changes } from '../url/params.ts';
import { useUrl } from '../url/url.ts';
import { conditionsIn } from './input-conditions.ts';
import { useSearchedText } from './run-search.tsx';

/** Null without a filter. */
export function useRunFilter(): RunFilter | null {
  const { status, inputs: typed, took } = useUrl().params;
  const search = useSearchedText();
  const { startedAfter, startedBefore } = useTimeWindow();
  const conditions = conditionsIn(typed ?? '') ?? [];
  const inputs = conditions.length > 0 ? conditions : null;
  const filter = {
    status: status.length > 0 ? status : null,
    startedAfter,
    startedBefore,
    search,
    inputs,
    minWallClockMs: took,
  };
  return Object.values(filter).every((value) => value === null) ? null : filter;
}

export const NO_FILTER: Changes = {
  ...{ status: null, since: null, start: null, end: null },
  ...{ search: null, inputs: null, took: null },
};

const TIMES = [10_000, 60_000, 600_000, 3_600_000];

/** Filters by inputs, and by how long a run took. */
export function InputsAndTime() {
  const url = useUrl();
  const { inputs, took } = url.params;
  const [noteId, timeId] = [useId(), useId()];
  const isWrong = conditionsIn(inputs ?? '') === null;
  return (
    <>
      <SearchField
        label="Inputs"
        placeholder="customer.region = eu"
        value={inputs ?? ''}
        noteId={isWrong ? noteId : undefined}
        onChange={(typed) => url.type({ inputs: typed })}
      />
      {isWrong && (
        <span id={noteId} className="amber small" role="status">
          Write <code>name = value</code>, <code>name ≥ 5</code>, <code>length of name ≥ 5</code>,{' '}
          <code>name present</code> or <code>name missing</code>.
        </span>
      )}
      <label htmlFor={timeId} className="visually-hidden">
        Took at least
      </label>
      <select id={timeId} value={took ?? ''} onChange={({ target }) => url.go({ took: Number(target.value) || null })}>
        <option value="">Any duration</option>
        {[...new Set([...TIMES, ...(took === null ? [] : [took])])].map((ms) => (
          <option key={ms} value={ms}>
            ≥ {formatDuration(ms)}
          </option>
        ))}
      </select>
    </>
  );
}
