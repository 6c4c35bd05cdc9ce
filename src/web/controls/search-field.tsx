/** Search field. Its value goes into the URL after a pause in typing, because each change may send a query. */
import { useEffect, useEffectEvent } from 'react';
import { useSettled } from '../hooks/timing.ts';
import { useDraft } from '../hooks/draft.ts';
import { Search } from '../shell/icons.tsx';

export interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  /** Id of a note that says what is wrong with the value. */
  readonly noteId?: string | undefined;
  readonly onChange: (text: string) => void;
}

export const SETTLED_MS = 250;

export function SearchField({ label, placeholder, value, noteId, onChange }: SearchFieldProps) {
  const draft = useDraft(value, onChange);
  const settled = useSettled(draft.text, SETTLED_MS);
  const commit = useEffectEvent(draft.commit);
  useEffect(() => commit(settled), [settled]);
  return (
    <div className="search-field">
      <Search />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        aria-invalid={noteId === undefined ? undefined : true}
        aria-describedby={noteId}
        value={draft.text}
        onChange={({ target }) => draft.type(target.value)}
      />
    </div>
  );
}
