/** What the home page lists, as its address has it. */
import { useMemo } from 'react';
import type { RunFilter, RunStatus } from '../__generated__/graphql.ts';
import { useMinute } from '../format/now.ts';
import { statusesOf } from '../status/status-filter.tsx';
import { useUrlQuery, type UrlQuery } from '../url/query.ts';

const HOUR_MS = 3_600_000;

export const SPANS = {
  '1h': { label: 'Last hour', ms: HOUR_MS },
  '24h': { label: 'Last 24 hours', ms: 24 * HOUR_MS },
  '7d': { label: 'Last 7 days', ms: 168 * HOUR_MS },
} as const;

export type Span = keyof typeof SPANS;

/** `any`: no bounds; `exact`: `from` and `to` of the address. */
export function spanOf(url: UrlQuery): Span | 'any' | 'exact' {
  const since = url.read('since');
  if (since !== null && since in SPANS) return since as Span;
  return since === 'exact' || url.read('from') !== null || url.read('to') !== null ? 'exact' : 'any';
}

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;
const FAILURES = 20;

export interface HomeQuery {
  readonly workflowId: string | null;
  /** Null: no failed runs are wanted, or none but those. */
  readonly failures: { readonly first: number; readonly filter: RunFilter } | null;
  readonly others: { readonly first: number; readonly filter: RunFilter } | null;
  readonly isFiltered: boolean;
  readonly isLargest: boolean;
}

export function useHomeQuery(): HomeQuery {
  const url = useUrlQuery();
  const minuteMs = useMinute();
  const span = spanOf(url);
  const [status, workflowId, show] = [statusesOf(url).join(), url.read('workflow'), url.read('show')];
  const startedAfter =
    span === 'exact' ? momentOf(url.read('from')) : span === 'any' ? null : isoOf(minuteMs - SPANS[span].ms);
  const startedBefore = span === 'exact' ? momentOf(url.read('to')) : null;

  return useMemo(() => {
    const statuses = status === '' ? null : (status.split(',') as RunStatus[]);
    const time = { startedAfter, startedBefore };
    const first = show === 'more' ? LARGEST_PAGE : PAGE_SIZE;
    const others = statuses?.filter((one) => one !== 'FAILED') ?? null;
    return {
      workflowId,
      failures:
        statuses === null || statuses.includes('FAILED')
          ? { first: statuses?.length === 1 ? first : FAILURES, filter: { ...time, status: ['FAILED'] } }
          : null,
      others: others?.length === 0 ? null : { first, filter: { ...time, status: others } },
      isFiltered: statuses !== null || workflowId !== null || startedAfter !== null || startedBefore !== null,
      isLargest: first === LARGEST_PAGE,
    };
  }, [status, workflowId, show, startedAfter, startedBefore]);
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Null where the address has no moment that can be read. */
function momentOf(text: string | null): string | null {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? null : isoOf(ms);
}
