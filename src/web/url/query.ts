/** Query string of the URL: the state that a shared link must restore. */
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export type Changes = Readonly<Record<string, string | null>>;

export interface UrlQuery {
  readonly read: (name: string) => string | null;
  /** Null removes a parameter. `replace` adds no entry to the browser history. */
  readonly change: (changes: Changes, options?: { readonly replace?: boolean }) => void;
  /** The URL with these changes, for a link. */
  readonly with: (changes: Changes) => string;
}

export function useUrlQuery(): UrlQuery {
  const [params, setParams] = useSearchParams();
  const change = useCallback<UrlQuery['change']>(
    (changes, { replace = false } = {}) => {
      // Reads the current URL, so that two changes in one moment do not undo each other.
      setParams(changed(new URLSearchParams(window.location.search), changes), { replace, preventScrollReset: true });
    },
    [setParams],
  );
  return {
    read: (name) => params.get(name),
    change,
    with: (changes) => `?${changed(new URLSearchParams(params), changes).toString()}`,
  };
}

function changed(params: URLSearchParams, changes: Changes): URLSearchParams {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') params.delete(name);
    else params.set(name, value);
  }
  return params;
}

export const workflowPath = (workflowId: string): string => `/workflows/${encodeURIComponent(workflowId)}`;

export const runPath = (workflowId: string, runId: string): string =>
  `${workflowPath(workflowId)}/runs/${encodeURIComponent(runId)}`;

/** Link to the cost view, with one workflow in detail if it is named. */
export const costPath = (workflowId: string): string =>
  `/?${new URLSearchParams({ view: 'cost', ...(workflowId && { workflow: workflowId }) }).toString()}`;

/** Link to a node's figures and failures over time. */
export const trendsPath = (workflowId: string, nodeId: string): string =>
  `${workflowPath(workflowId)}?${new URLSearchParams({ tab: 'trends', node: nodeId }).toString()}`;
