/** The stretch of time that a run covers, against which its steps are measured. */
import { millisBetween, type Timestamp } from '../timestamp.ts';

export interface RunSpan {
  /** Null when neither the record nor any step tells. */
  readonly startedAt: Timestamp | null;
  /** The end; now while the run is unfinished; null for a run that is over but whose end is unknown. */
  readonly until: Timestamp | null;
  /** Until when a step without an end is taken to run: now, but never past the known end of a finished run. */
  readonly now: Timestamp;
}

/** Milliseconds; null with no start or no end; 0 where the clocks disagree so much that the end comes first. */
export const wallClockMs = ({ startedAt, until }: Pick<RunSpan, 'startedAt' | 'until'>): number | null =>
  startedAt && until ? Math.max(0, millisBetween(startedAt, until)) : null;
