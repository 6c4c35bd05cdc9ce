/** The periods that cost is shown for, in whole hours or days of the reader. */

export const SPANS = [
  { name: '24h', label: '24 h', words: '24 hours', part: 'Hour', interval: 'HOUR', parts: 24 },
  { name: '7d', label: '7 d', words: '7 days', part: 'Day', interval: 'DAY', parts: 7 },
  { name: '30d', label: '30 d', words: '30 days', part: 'Day', interval: 'DAY', parts: 30 },
] as const;

export type Span = (typeof SPANS)[number];

/** The period up to now, and the previous one up to the same moment: half a day isn't compared with a whole one. */
export function windowsOf({ part, parts }: Span, nowMs: number) {
  const before = (count: number): Date => {
    const moment = new Date(nowMs);
    if (part === 'Day') moment.setDate(moment.getDate() - count);
    else moment.setHours(moment.getHours() - count);
    return moment;
  };
  const startOf = (moment: Date): string => {
    if (part === 'Day') moment.setHours(0, 0, 0, 0);
    else moment.setMinutes(0, 0, 0);
    return moment.toISOString();
  };
  return {
    startedAfter: startOf(before(parts - 1)),
    startedBefore: startOf(before(-1)),
    earlierAfter: startOf(before(2 * parts - 1)),
    earlierBefore: before(parts).toISOString(),
  };
}

/** The zone in which the page shows times and splits days. */
export const TIME_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

const NAMES = {
  Hour: new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  Day: new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }),
};

export const partName = ({ part }: Span, startedAt: string): string => NAMES[part].format(new Date(startedAt));
