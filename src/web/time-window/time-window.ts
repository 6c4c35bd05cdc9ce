/** A stretch of time as the address names it: `since=24h`, or `start` and `end` as exact moments. */
import { useMinute } from '../timing/now.ts';
import { useUrlQuery, type Changes, type UrlQuery } from '../url/query.ts';

export const SPANS = [
  { name: '1h', label: '1 h', words: 'the last hour', ms: 3_600_000 },
  { name: '24h', label: '24 h', words: 'the last 24 hours', ms: 86_400_000 },
  { name: '7d', label: '7 d', words: 'the last 7 days', ms: 604_800_000 },
] as const;

export interface TimeWindow {
  /** RFC 3339. Null where it has no such end. */
  readonly startedAfter: string | null;
  readonly startedBefore: string | null;
}

/** What the address says of the place in a list goes, too: it is one of another stretch. */
export const TOP: Changes = { after: null, show: null };

export const EVERYTHING: Changes = { since: null, start: null, end: null, ...TOP };

const MINUTE_MS = 60_000;

/** As it stands: a `Date` would lose its microseconds. */
const momentOf = (text: string | null): string | null => (Number.isNaN(Date.parse(text ?? '')) ? null : text);

export const spanOf = (url: UrlQuery) => SPANS.find(({ name }) => name === url.read('since')) ?? null;

/**
 * To the minute, so that what was asked a moment ago is asked in the same words. With `isClosed` the last hour ends with this
 * minute; else it is open, and what starts from now on is in it.
 */
export function useTimeWindow({ isClosed = false } = {}): TimeWindow {
  const url = useUrlQuery();
  const minute = useMinute() + MINUTE_MS;
  const span = spanOf(url);
  if (!span) return { startedAfter: momentOf(url.read('start')), startedBefore: momentOf(url.read('end')) };
  return {
    startedAfter: new Date(minute - span.ms).toISOString(),
    startedBefore: isClosed ? new Date(minute).toISOString() : null,
  };
}
