/** Search in a list of runs, and how many runs were searched. */
import { SearchField } from '../controls/search-field.tsx';
import { countOf } from '../format/numbers.ts';
import { useUrl } from '../url/url.ts';

/** Null without a text. */
export function useSearchedText(): string | null {
  const text = useUrl().params.search?.trim() ?? '';
  return text === '' ? null : text;
}

export function RunSearch() {
  const url = useUrl();
  return (
    <SearchField
      label="Search runs"
      placeholder="Order number, run id, error…"
      value={url.params.search ?? ''}
      onChange={(search) => url.type({ search })}
    />
  );
}

export interface SearchedProps {
  readonly runsExamined: number;
  readonly hasOlder: boolean;
}

/** The end of a list that has a filter. */
export function Searched({ runsExamined, hasOlder }: SearchedProps) {
  const text = useSearchedText();
  return (
    <p className="muted" role="status">
      {countOf(runsExamined, 'run')} searched{text !== null && ': ids, inputs and errors'}.
      {hasOlder && ' Older runs may fit, too.'}
    </p>
  );
}
