/** What the time axis tells: how long since the start, or the time of day. */

export const CLOCKS = ['elapsed', 'local', 'utc'] as const;
export type Clock = (typeof CLOCKS)[number];

export const clockNamed = (name: string | null): Clock => CLOCKS.find((clock) => clock === name) ?? 'elapsed';

/**
 * Milliseconds from the midnight that began 1970 on this clock to the start; null for a clock that counts from the start. The
 * zone's offset is that at the start: a run that sees the clocks change keeps it.
 */
export function clockStart(clock: Clock, startedAt: string): number | null {
  const startMs = Date.parse(startedAt);
  if (clock === 'elapsed' || Number.isNaN(startMs)) return null;
  return clock === 'utc' ? startMs : startMs - new Date(startMs).getTimezoneOffset() * 60_000;
}

const DAY_MS = 86_400_000;
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** As exact as the steps between the marks; at midnight the day. */
export function timeOfDay(clockMs: number, stepMs: number): string {
  const date = new Date(clockMs);
  if (clockMs % DAY_MS === 0) return DAY.format(date);
  const text = date.toISOString();
  if (stepMs < 1000) return text.slice(11, 23);
  return stepMs < 60_000 ? text.slice(11, 19) : text.slice(11, 16);
}
