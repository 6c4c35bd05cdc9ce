/** Keeps what is typed to itself, and tells the address when there is time for it. */
import { useDeferredValue, useEffect, useId, useState } from 'react';
import { Search } from 'lucide-react';

export interface SearchFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function SearchField({ value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const settled = useDeferredValue(text);
  const id = useId();
  useEffect(() => {
    if (settled !== value) onChange(settled);
    // The address follows the field, not the other way round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  return (
    <div className="search-field">
      <label htmlFor={id} className="visually-hidden">
        Search workflows
      </label>
      <Search aria-hidden="true" />
      <input
        id={id}
        type="search"
        placeholder="Name, id or description"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
    </div>
  );
}
