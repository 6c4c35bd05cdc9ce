/** Clock of the time axis: time since the start, or time of day. */
import type { Params } from '../../url/params.ts';

/**
 * Start of the run in milliseconds since 1970 on this clock; null for a clock that counts from the start. The
 * zone's offset at the start applies to the whole run, also across a change of daylight saving time.
 */
export function clockStart(clock: Params['clock'], startedAt: string): number | null {
  const startMs = Date.parse(startedAt);
  if (clock === 'elapsed' || Number.isNaN(startMs)) return null;
  return clock === 'utc' ? startMs : startMs - new Date(startMs).getTimezoneOffset() * 60_000;
}

const DAY_MS = 86_400_000;
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Precision follows the tick distance; midnight shows the date. */
export function timeOfDay(clockMs: number, stepMs: number): string {
  const date = new Date(clockMs);
  if (clockMs % DAY_MS === 0) return DAY.format(date);
  const text = date.toISOString();
  if (stepMs < 1000) return text.slice(11, 23);
  return stepMs < 60_000 ? text.slice(11, 19) : text.slice(11, 16);
}
