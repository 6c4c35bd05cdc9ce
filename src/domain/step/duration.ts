/** How long one step took, and by which of the upstream's three ways of telling that is known. */
import type { StepStatus } from '../status.ts';
import { latest, timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { DurationSource, StepDuration, StepFacts } from '../types.ts';

/** Whole microseconds of some milliseconds: sums and differences of them carry no rounding noise. */
export const microsOf = (millis: number): number => Math.round(millis * 1000);

/** Seconds as the upstream reports them; null where it reports none, a negative number or one beyond 2^53. */
const knownSeconds = (elapsedTime: number | null): number | null =>
  elapsedTime !== null && elapsedTime >= 0 && elapsedTime <= Number.MAX_SAFE_INTEGER ? elapsedTime : null;

/** Σ `elapsed_time` in seconds, floored per step as the upstream does; null and negative ones count 0. */
export function totalElapsedTime(steps: Iterable<Pick<StepFacts, 'elapsedTime'>>): number {
  let total = 0;
  for (const { elapsedTime } of steps) total += Math.max(0, Math.floor(elapsedTime ?? 0));
  return total;
}

/** The sum of such milliseconds, exact to the microsecond; unknown ones count 0. */
export function totalMs(steps: Iterable<Pick<StepDuration, 'durationMs'>>): number {
  let micros = 0;
  for (const { durationMs } of steps) micros += microsOf(durationMs ?? 0);
  return micros / 1000;
}

export type TimedFacts = Pick<StepFacts, 'startTime' | 'endTime' | 'elapsedTime'> & {
  readonly status: StepStatus;
  readonly isFinished: boolean;
};

/** The clock that running steps are measured by, in microseconds since 1970. */
export interface StepClock {
  /** The request's reading. */
  readonly now: number;
  /** Until when running steps count: now, or the end of a finished run. Null where that end is not known. */
  readonly liveUntil: number | null;
}

/** True for a step that says that it runs, or says something unknown. A start that is only planned is no start. */
export const saysItRuns = (step: Pick<TimedFacts, 'status' | 'isFinished'>): boolean =>
  !step.isFinished && step.status !== 'PENDING';

export const isRunning = (step: TimedFacts): boolean => saysItRuns(step) && step.endTime === null;

/**
 * The first that is known of: end − start; now − start of a running step; `elapsed_time`, of which 0 counts for a finished
 * step only ("under a second"). Else null. Never negative.
 *
 * Skew (an end before the start, a running step that starts after now) leaves `elapsed_time` as the only source. A step
 * that a finished run left running counts until the run's end, and 0 where it started after that.
 */
export function stepDuration(step: TimedFacts, { now, liveUntil }: StepClock): StepDuration {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  const earliestEnd = Math.min(end ?? Infinity, saysItRuns(step) ? now : Infinity);
  const clockSkewDetected = start !== null && earliestEnd < start;
  const known = (micros: number, durationSource: DurationSource): StepDuration => ({
    durationMs: micros / 1000,
    durationSource,
    clockSkewDetected,
  });

  if (start !== null && !clockSkewDetected) {
    if (end !== null) return known(end - start, 'TIMESTAMPS');
    if (liveUntil !== null && isRunning(step)) return known(Math.max(0, liveUntil - start), 'LIVE');
  }
  const elapsed = elapsedMicros(step);
  if (elapsed !== null) return known(elapsed, 'ELAPSED_SECONDS');
  return { durationMs: null, durationSource: 'NONE', clockSkewDetected };
}

/**
 * When an execution ended, in microseconds since 1970: its `end_time`; where that is missing or lies before the start,
 * the start plus `elapsed_time`. Null where nothing tells, and of one that still counts up.
 */
export function endMicrosOf(step: TimedFacts): number | null {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  if (start === null || (end !== null && end >= start)) return end;
  const elapsed = elapsedMicros(step);
  return elapsed === null ? null : start + elapsed;
}

/** The latest of these ends, as the upstream wrote it where it did. */
export function latestEndOf(steps: readonly TimedFacts[]): Timestamp | null {
  const ends = steps.map((step) => {
    const micros = endMicrosOf(step);
    if (micros === null) return null;
    return step.endTime?.epochMicros === micros ? step.endTime : timestampOfMicros(micros);
  });
  return latest(ends);
}

/** By `elapsed_time`, of which 0 tells something of a finished step only. */
function elapsedMicros(step: TimedFacts): number | null {
  const seconds = knownSeconds(step.elapsedTime);
  return seconds === null || (seconds === 0 && !step.isFinished) ? null : Math.round(seconds * 1_000_000);
}
