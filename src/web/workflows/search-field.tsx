/** Keeps what is typed to itself, and tells the address when there is time for it. */
import { useDeferredValue, useEffect, useId, useState } from 'react';
import { Search } from 'lucide-react';

export interface SearchFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function SearchField({ value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    // The field had told all that was typed: the address has changed by itself.
    if (text === known) setText(value);
  }
  const settled = useDeferredValue(text);
  const id = useId();
  useEffect(() => {
    if (settled !== value) onChange(settled);
    // What is typed goes into the address, and not what comes from there.
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
