/** Text of an input field whose value is stored in the URL. */
import { useState } from 'react';

export interface Draft {
  readonly text: string;
  readonly type: (text: string) => void;
  /** Writes the text to the URL. */
  readonly commit: (text: string) => void;
}

/** A new value in the URL replaces the text, except after this field's own write: the user may have typed more since. */
export function useDraft(value: string, write: (text: string) => void): Draft {
  const [draft, setDraft] = useState({ text: value, value, written: value });
  if (draft.value !== value) {
    setDraft({ text: value === draft.written ? draft.text : value, value, written: value });
  }
  return {
    text: draft.text,
    type: (text) => {
      setDraft((before) => ({ ...before, text }));
    },
    commit: (text) => {
      if (text === value) return;
      setDraft((before) => ({ ...before, written: text }));
      write(text);
    },
  };
}
