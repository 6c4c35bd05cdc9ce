/** The text of a field whose value is kept in the address. */
import { useState } from 'react';

export interface Draft {
  readonly text: string;
  readonly type: (text: string) => void;
  /** Writes the text into the address. */
  readonly commit: (text: string) => void;
}

/** Another address replaces the text, unless this field has written it there: more may have been typed since. */
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
