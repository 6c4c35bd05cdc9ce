/** Time spans of a run, used to place its steps. */
import { earliest, latest, millisBetween, timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { Interval } from './intervals.ts';

/** Start and end of the run itself. */
export interface RunBounds {
  /** Start, or null if neither the record nor a step has a start. */
  readonly startedAt: Timestamp | null;
  /** End of the run, or now while it is unfinished. Null if the run is over and its end is unknown. */
  readonly until: Timestamp | null;
}

/** Milliseconds, or null without a start or end. 0 if clock skew puts the end before the start. */
export const wallClockMs = ({ startedAt, until }: RunBounds): number | null =>
  startedAt && until ? Math.max(0, millisBetween(startedAt, until)) : null;

/** Span shared by timeline, gaps and offsets. */
export interface RunSpan {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
}

/** A step more than a day outside the run has a wrong clock: it is listed, but not placed. */
const DAY_MICROS = 86_400_000_000;

/**
 * Whether the start is within a day of the bounds. Without an end after the start, the start also counts as the end.
 */
export function isWithinReach(startMicros: number, { startedAt, until }: RunBounds): boolean {
  const from = startedAt?.epochMicros ?? Infinity;
  const to = Math.max(from, until?.epochMicros ?? from);
  return startMicros >= from - DAY_MICROS && startMicros <= to + DAY_MICROS;
}

/**
 * Extends the bounds to contain the intervals, which are within reach and sorted by start. Returns null if nothing
 * started.
 */
export function spanOf({ startedAt, until }: RunBounds, intervals: readonly Interval[]): RunSpan | null {
  if (!startedAt) return null;
  let lastInterval: Interval | null = null;
  for (const next of intervals) if (!lastInterval || next.end > lastInterval.end) lastInterval = next;
  return {
    startedAt: earliest([startedAt, intervals[0]?.step.startTime ?? null]) ?? startedAt,
    endedAt: latest([startedAt, until, lastInterval && endOf(lastInterval)]) ?? startedAt,
  };
}

/** Returns the upstream's string unless the end was computed from a duration. */
export const endOf = ({ step, end }: Interval): Timestamp =>
  step.endTime?.epochMicros === end ? step.endTime : timestampOfMicros(end);
