/** Queries of the home page, derived from its URL. */
import { useMemo } from 'react';
import type { RunStatus } from '../__generated__/graphql.ts';
import { statusesOf } from '../status/status-filter.tsx';
import { useMinute } from '../timing/now.ts';
import { useTimeWindow } from '../time-window/time-window.ts';
import { useUrlQuery } from '../url/query.ts';

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;
const FAILURES = 20;
/** Age limit of the separate failures. Older ones are among the other runs, unless a time or only failed runs are wanted. */
const RECENT_MS = 86_400_000;

export type HomeQuery = ReturnType<typeof useHomeQuery>;

export function useHomeQuery() {
  const url = useUrlQuery();
  const [status, workflowId] = [statusesOf(url).join(), url.read('workflow')];
  const [show, after] = [url.read('show'), url.read('after')];
  const { startedAfter, startedBefore } = useTimeWindow();
  const dayAgo = new Date(useMinute() - RECENT_MS).toISOString();

  return useMemo(() => {
    const statuses = status === '' ? null : (status.split(',') as RunStatus[]);
    const time = { startedAfter, startedBefore };
    const first = show === 'more' ? LARGEST_PAGE : PAGE_SIZE;
    const isFailedOnly = statuses?.length === 1 && statuses[0] === 'FAILED';
    const isAnyTime = startedAfter === null && startedBefore === null && after === null;
    const failuresAfter = isAnyTime && !isFailedOnly ? dayAgo : null;
    return {
      workflowId,
      /** Cursor of older runs. It is valid for all filters. */
      after,
      /** Null if the filter excludes failed runs. */
      failures:
        statuses === null || statuses.includes('FAILED')
          ? {
              first: isFailedOnly ? first : FAILURES,
              filter: {
                ...time,
                startedAfter: failuresAfter ?? startedAfter,
                status: ['FAILED'] satisfies RunStatus[],
              },
            }
          : null,
      others: isFailedOnly ? null : { first, filter: { ...time, status: statuses } },
      /** Failed runs before this time are among the others. Null without such a limit. */
      failuresAfter,
      isFiltered: statuses !== null || workflowId !== null || startedAfter !== null || startedBefore !== null,
      isLargest: first === LARGEST_PAGE,
    };
  }, [status, workflowId, show, after, startedAfter, startedBefore, dayAgo]);
}
