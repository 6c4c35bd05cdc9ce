/** Queries of the home page, derived from its URL. */
import { useMemo } from 'react';
import { useTimeWindow } from '../time-window/time-window.ts';
import { useUrl } from '../url/url.ts';

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;

export type HomeQuery = ReturnType<typeof useHomeQuery>;

export function useHomeQuery() {
  const { params } = useUrl();
  const { startedAfter, startedBefore } = useTimeWindow();

  return useMemo(() => {
    const { workflow: workflowId, show, after } = params;
    const status = params.status.length === 0 ? null : params.status;
    const first = show === 'more' ? LARGEST_PAGE : PAGE_SIZE;
    return {
      workflowId,
      first,
      /** Cursor of older runs. */
      after,
      filter: { startedAfter, startedBefore, status },
      isFiltered: status !== null || workflowId !== null || startedAfter !== null || startedBefore !== null,
      isLargest: first === LARGEST_PAGE,
    };
  }, [params, startedAfter, startedBefore]);
}
