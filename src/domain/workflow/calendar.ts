/** Splits time at the calendar boundaries of a time zone: a day may have 23 or 25 hours, or begin at 01:00. */
import { Temporal } from 'temporal-polyfill';
import type { CutTime } from './trend.ts';

export interface Calendar {
  readonly interval: 'HOUR' | 'DAY' | 'WEEK';
  /** Name in the IANA database, or an offset. */
  readonly timeZone: string;
}

/** Maximum number of characters. The longest name in the database has 32. */
const MAX_NAME_LENGTH = 100;

export function isTimeZone(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  try {
    new Temporal.ZonedDateTime(0n, name);
    return true;
  } catch {
    return false;
  }
}

const HOUR_MICROS = 3_600_000_000;

/** Whole units that cover the time. Stops after `maxParts`, which then don't cover it. Weeks begin on Monday. */
export const calendarParts =
  ({ interval, timeZone }: Calendar, maxParts: number): CutTime =>
  (from, to, includesEnd) => {
    const start = Temporal.Instant.fromEpochMilliseconds(Math.floor(from / 1000)).toZonedDateTimeISO(timeZone);
    const edgeAt = interval === 'HOUR' ? hourEdges(start) : dateEdges(start, interval === 'DAY' ? 1 : 7);
    const edges = [edgeAt(0)];
    for (let part = 1; part <= maxParts; part += 1) {
      const edge = edgeAt(part);
      edges.push(edge);
      if (includesEnd ? edge > to : edge >= to) break;
    }
    return edges;
  };

/** Hours have equal lengths, even where the clock is set back and an hour repeats. */
function hourEdges(start: Temporal.ZonedDateTime): (part: number) => number {
  const first = microsOf(start.round({ smallestUnit: 'hour', roundingMode: 'floor' }));
  return (part) => first + part * HOUR_MICROS;
}

function dateEdges(start: Temporal.ZonedDateTime, days: number): (part: number) => number {
  const first = start.toPlainDate().subtract({ days: days === 1 ? 0 : start.dayOfWeek - 1 });
  return (part) => microsOf(first.add({ days: part * days }).toZonedDateTime(start.timeZoneId));
}

const microsOf = (moment: Temporal.ZonedDateTime): number => moment.epochMilliseconds * 1000;
