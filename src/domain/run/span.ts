/** The stretches of time that a run covers, against which its steps are measured. */
import { earliest, latest, millisBetween, timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { Interval } from './intervals.ts';

/** From when to when the run itself reaches. */
export interface RunBounds {
  /** Null when neither the record nor any step tells. */
  readonly startedAt: Timestamp | null;
  /** The end; now while the run is unfinished; null for a run that is over but whose end is unknown. */
  readonly until: Timestamp | null;
}

/** Milliseconds; null with no start or no end; 0 where the clocks disagree so much that the end comes first. */
export const wallClockMs = ({ startedAt, until }: RunBounds): number | null =>
  startedAt && until ? Math.max(0, millisBetween(startedAt, until)) : null;

/** The one stretch that timeline, gaps and offsets share. */
export interface RunSpan {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
}

/** Further out than a day, a clock is wrong: such a step is listed, and has no place in the run. */
const DAY_MICROS = 86_400_000_000;

/** True for a start that lies within a day of the bounds. Of bounds without an end (or with one before the start) the start counts. */
export function isWithinReach(startMicros: number, { startedAt, until }: RunBounds): boolean {
  const from = startedAt?.epochMicros ?? Infinity;
  const to = Math.max(from, until?.epochMicros ?? from);
  return startMicros >= from - DAY_MICROS && startMicros <= to + DAY_MICROS;
}

/** The bounds, widened once to hold the intervals, which are those within reach in order of start. Null where nothing has started. */
export function spanOf({ startedAt, until }: RunBounds, intervals: readonly Interval[]): RunSpan | null {
  if (!startedAt) return null;
  let lastInterval: Interval | null = null;
  for (const next of intervals) if (!lastInterval || next.end > lastInterval.end) lastInterval = next;
  return {
    startedAt: earliest([startedAt, intervals[0]?.step.startTime ?? null]) ?? startedAt,
    endedAt: latest([startedAt, until, lastInterval && endOf(lastInterval)]) ?? startedAt,
  };
}

/** In the upstream's own words where it has them: an end may also be computed from a duration. */
export const endOf = ({ step, end }: Interval): Timestamp =>
  step.endTime?.epochMicros === end ? step.endTime : timestampOfMicros(end);
