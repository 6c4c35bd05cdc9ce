/** Queries of the home page, derived from its URL. */
import { useMemo } from 'react';
import type { RunStatus } from '../__generated__/graphql.ts';
import { statusesOf } from '../status/status-filter.tsx';
import { useTimeWindow } from '../time-window/time-window.ts';
import { useUrlQuery } from '../url/query.ts';

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;

export type HomeQuery = ReturnType<typeof useHomeQuery>;

export function useHomeQuery() {
  const url = useUrlQuery();
  const [status, workflowId] = [statusesOf(url).join(), url.read('workflow')];
  const [show, after] = [url.read('show'), url.read('after')];
  const { startedAfter, startedBefore } = useTimeWindow();

  return useMemo(() => {
    const statuses = status === '' ? null : (status.split(',') as RunStatus[]);
    const first = show === 'more' ? LARGEST_PAGE : PAGE_SIZE;
    return {
      workflowId,
      first,
      /** Cursor of older runs. */
      after,
      filter: { startedAfter, startedBefore, status: statuses },
      isFiltered: statuses !== null || workflowId !== null || startedAfter !== null || startedBefore !== null,
      isLargest: first === LARGEST_PAGE,
    };
  }, [status, workflowId, show, after, startedAfter, startedBefore]);
}
