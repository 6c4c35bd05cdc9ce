/** What the home page lists, as its address has it. */
import { useMemo } from 'react';
import type { RunFilter, RunStatus } from '../__generated__/graphql.ts';
import { statusesOf } from '../status/status-filter.tsx';
import { useTimeWindow } from '../time-window/time-window.ts';
import { useUrlQuery } from '../url/query.ts';

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;
const FAILURES = 20;

export interface HomeQuery {
  readonly workflowId: string | null;
  /** Where the older runs begin that are wanted. It holds for all filters. */
  readonly after: string | null;
  /** Null: no failed runs are wanted, or none but those. */
  readonly failures: { readonly first: number; readonly filter: RunFilter } | null;
  readonly others: { readonly first: number; readonly filter: RunFilter } | null;
  readonly isFiltered: boolean;
  readonly isLargest: boolean;
}

export function useHomeQuery(): HomeQuery {
  const url = useUrlQuery();
  const [status, workflowId] = [statusesOf(url).join(), url.read('workflow')];
  const [show, after] = [url.read('show'), url.read('after')];
  const { startedAfter, startedBefore } = useTimeWindow();

  return useMemo(() => {
    const statuses = status === '' ? null : (status.split(',') as RunStatus[]);
    const time = { startedAfter, startedBefore };
    const first = show === 'more' ? LARGEST_PAGE : PAGE_SIZE;
    const others = statuses?.filter((one) => one !== 'FAILED') ?? null;
    return {
      workflowId,
      after,
      failures:
        statuses === null || statuses.includes('FAILED')
          ? { first: statuses?.length === 1 ? first : FAILURES, filter: { ...time, status: ['FAILED'] } }
          : null,
      others: others?.length === 0 ? null : { first, filter: { ...time, status: others } },
      isFiltered: statuses !== null || workflowId !== null || startedAfter !== null || startedBefore !== null,
      isLargest: first === LARGEST_PAGE,
    };
  }, [status, workflowId, show, after, startedAfter, startedBefore]);
}
