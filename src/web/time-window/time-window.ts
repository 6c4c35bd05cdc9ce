/** Time window in the URL: `since=24h`, or `start` and `end` as exact times. */
import { useMinute } from '../timing/now.ts';
import { useUrlQuery, type Changes, type UrlQuery } from '../url/query.ts';

export const SPANS = [
  { name: '1h', label: '1 h', words: 'the last hour', ms: 3_600_000 },
  { name: '24h', label: '24 h', words: 'the last 24 hours', ms: 86_400_000 },
  { name: '7d', label: '7 d', words: 'the last 7 days', ms: 604_800_000 },
] as const;

export interface TimeWindow {
  /** RFC 3339; null without a bound on this side. */
  readonly startedAfter: string | null;
  readonly startedBefore: string | null;
}

/** A new window also resets the position in a list, because its cursor belongs to the old window. */
export const TOP: Changes = { after: null, show: null };

export const EVERYTHING: Changes = { since: null, start: null, end: null, ...TOP };

const MINUTE_MS = 60_000;

/** The original text: a `Date` would lose its microseconds. */
const momentOf = (text: string | null): string | null => (Number.isNaN(Date.parse(text ?? '')) ? null : text);

export const spanOf = (url: UrlQuery) => SPANS.find(({ name }) => name === url.read('since')) ?? null;

/**
 * Rounded to the minute, so that repeated queries have equal variables and use the cache.
 * With `isClosed` the window ends with this minute; otherwise it has no end and includes new runs.
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
