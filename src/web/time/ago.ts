/** Time since a moment as a string. */

const AGO = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const DAY_MS = 86_400_000;
const UNITS = [
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

const dayOf = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);

/** From 24 hours on, it counts the reader's days: on a Monday, "yesterday" is Sunday. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const passed = Math.max(0, nowMs - thenMs);
  // Two midnights may be 23 or 25 hours apart.
  if (passed >= DAY_MS) return AGO.format(-Math.round((dayOf(nowMs) - dayOf(thenMs)) / DAY_MS), 'day');
  const [unit, size] = UNITS.find(([, unitMs]) => passed >= unitMs) ?? ['second', 1000];
  return AGO.format(-Math.floor(passed / size), unit);
}
