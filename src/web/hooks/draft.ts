/** Value of an input field that is stored in the URL. */
import { useState } from 'react';

export interface Draft {
  readonly text: string;
  readonly type: (text: string) => void;
  /** Writes the value to the URL. */
  readonly commit: (text: string) => void;
}

interface Typed {
  readonly text: string;
  /** The value in the URL. */
  readonly value: string;
  /** This field's writes that the URL doesn't have yet, oldest first. */
  readonly written: readonly string[];
}

/** A new value in the URL replaces the draft, except one that this field wrote: the user may have typed more since. */
export function follow({ text, written }: Typed, value: string): Typed {
  const own = written.indexOf(value);
  return own < 0 ? { text: value, value, written: [] } : { text, value, written: written.slice(own + 1) };
}

export function useDraft(value: string, write: (text: string) => void): Draft {
  const [draft, setDraft] = useState<Typed>({ text: value, value, written: [] });
  if (draft.value !== value) setDraft(follow(draft, value));
  return {
    text: draft.text,
    type: (text) => setDraft((before) => ({ ...before, text })),
    commit: (text) => {
      if (text === (draft.written.at(-1) ?? value)) return;
      setDraft((before) => ({ ...before, written: [...before.written, text] }));
      write(text);
    },
  };
}
