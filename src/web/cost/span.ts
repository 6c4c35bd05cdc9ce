/** The times that cost is shown for, in whole hours or days of the reader. */

export const SPANS = [
  { name: '24h', label: '24 h', words: '24 hours', part: 'Hour', interval: 'HOUR', parts: 24 },
  { name: '7d', label: '7 d', words: '7 days', part: 'Day', interval: 'DAY', parts: 7 },
  { name: '30d', label: '30 d', words: '30 days', part: 'Day', interval: 'DAY', parts: 30 },
] as const;

export type Span = (typeof SPANS)[number];

export function windowOf({ part, parts }: Span, nowMs: number) {
  const [start, end] = [new Date(nowMs), new Date(nowMs)];
  if (part === 'Day') {
    end.setHours(24, 0, 0, 0);
    start.setHours(24 - 24 * parts, 0, 0, 0);
  } else {
    end.setMinutes(60, 0, 0);
    start.setMinutes(60 - 60 * parts, 0, 0);
  }
  return { startedAfter: start.toISOString(), startedBefore: end.toISOString() };
}

/** The zone in which the times of the page are shown, and its days cut. */
export const TIME_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

const NAMES = {
  Hour: new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  Day: new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }),
};

export const partName = ({ part }: Span, startedAt: string): string => NAMES[part].format(new Date(startedAt));
