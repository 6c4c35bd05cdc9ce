/** The filter of a list of runs, stored in the URL, and how many runs it was compared with. */
import { useId } from 'react';
import type { RunFilter } from '../__generated__/graphql.ts';
import { SearchField } from '../controls/search-field.tsx';
import { formatDuration } from '../format/duration.ts';
import { countOf } from '../format/numbers.ts';
import { useTimeWindow } from '../time/time-window.ts';
import type { Changes } from '../url/params.ts';
import { useUrl } from '../url/url.ts';
import { conditionsIn } from './input-conditions.ts';

/** `null` without a search. */
function useSearchedText(): string | null {
  const text = useUrl().params.search?.trim() ?? '';
  return text === '' ? null : text;
}

/** `null` without a filter. */
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

/** Fields that filter by search string, by inputs, and by duration. */
export function RunFields() {
  const url = useUrl();
  const { search, inputs, took } = url.params;
  const [noteId, timeId] = [useId(), useId()];
  const isWrong = conditionsIn(inputs ?? '') === null;
  return (
    <>
      <SearchField
        label="Search runs"
        placeholder="Order number, run id, error…"
        value={search ?? ''}
        onChange={(typed) => url.type({ search: typed })}
      />
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

export interface SearchedProps {
  readonly runsExamined: number;
  readonly hasOlder: boolean;
}

/** The end of a filtered list. */
export function Searched({ runsExamined, hasOlder }: SearchedProps) {
  const text = useSearchedText();
  return (
    <p className="muted" role="status">
      {countOf(runsExamined, 'run')} searched{text !== null && ': ids, inputs and errors'}.
      {hasOlder && ' Older runs may also match.'}
    </p>
  );
}
