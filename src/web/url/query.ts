/** The part of the address behind the question mark: whatever a link should show again is kept there. */
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export type Changes = Readonly<Record<string, string | null>>;

export interface UrlQuery {
  readonly read: (name: string) => string | null;
  /** Null takes a name away. `replace` is for what should not become a step of the browser's history. */
  readonly change: (changes: Changes, options?: { readonly replace?: boolean }) => void;
  /** The address that has these changes, for a link. */
  readonly with: (changes: Changes) => string;
}

export function useUrlQuery(): UrlQuery {
  const [params, setParams] = useSearchParams();
  const change = useCallback<UrlQuery['change']>(
    (changes, { replace = false } = {}) => {
      // Read from the address itself: two changes in one moment must not undo each other.
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

/** What workflows cost; this one in detail, if it is named. */
export const costPath = (workflowId: string): string =>
  `/?${new URLSearchParams({ view: 'cost', ...(workflowId && { workflow: workflowId }) }).toString()}`;

/** How a node of a workflow fares over time, and how it fails. */
export const trendsPath = (workflowId: string, nodeId: string): string =>
  `${workflowPath(workflowId)}?${new URLSearchParams({ tab: 'trends', node: nodeId }).toString()}`;
