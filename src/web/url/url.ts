/** Query string of the current page. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { changed, readParams, type Changes, type Params } from './params.ts';

export interface Url {
  readonly params: Params;
  /** Replaces the entry in the browser history: for zoom and scroll, which change many times. */
  readonly change: (changes: Changes) => void;
  /** Adds an entry, so that the browser can go back. */
  readonly go: (changes: Changes) => void;
  /** For typed input: one entry for all of it. */
  readonly type: (texts: Pick<Changes, 'q' | 'search' | 'inputs' | 'find'>) => void;
  /** Link to this page with these changes. */
  readonly link: (changes: Changes) => string;
}

export function useUrl(): Url {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (changes: Changes, replace: boolean) => {
      // Reads the current URL, so that two simultaneous changes don't undo each other.
      setSearch(changed(new URLSearchParams(window.location.search), changes), { replace });
    },
    [setSearch],
  );
  return {
    params: useMemo(() => readParams(search), [search]),
    change: (changes) => set(changes, true),
    go: (changes) => set(changes, false),
    type: (texts) => {
      const isGoingOn = Object.entries(texts).every(([name, text]) => search.has(name) && text !== '');
      set(texts, isGoingOn);
    },
    link: (changes) => `?${changed(search, changes).toString()}`,
  };
}
