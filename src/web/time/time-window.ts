/** Time window in the URL: `since=24h`, or `start` and `end` as exact times. */
import { useMinute } from './now.ts';
import type { Params } from '../url/params.ts';
import { useUrl } from '../url/url.ts';

export const SPANS = [
  { name: '1h', label: '1 h', words: 'the last hour', ms: 3_600_000 },
  { name: '24h', label: '24 h', words: 'the last 24 hours', ms: 86_400_000 },
  { name: '7d', label: '7 d', words: 'the last 7 days', ms: 604_800_000 },
] as const;

export interface TimeWindow {
  /** RFC 3339; `null` if this side is unbounded. */
  readonly startedAfter: string | null;
  readonly startedBefore: string | null;
}

const MINUTE_MS = 60_000;

export const spanOf = ({ since }: Params) => SPANS.find(({ name }) => name === since) ?? null;

/**
 * Rounded to the minute, so that repeated queries have equal variables and use the cache.
 * With `isClosed` the window ends with this minute; otherwise it has no end, includes new runs and is never shorter
 * than the span.
 */
export function useTimeWindow({ isClosed = false } = {}): TimeWindow {
  const { params } = useUrl();
  const end = useMinute() + (isClosed ? MINUTE_MS : 0);
  const span = spanOf(params);
  if (!span) return { startedAfter: params.start, startedBefore: params.end };
  return {
    startedAfter: new Date(end - span.ms).toISOString(),
    startedBefore: isClosed ? new Date(end).toISOString() : null,
  };
}
