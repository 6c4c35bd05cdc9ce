/** How long one step took, and by which of the upstream's three ways of telling that is known. */
import type { StepStatus } from '../status.ts';
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { DurationSource, StepDuration, StepFacts } from '../types.ts';
import type { StepDraft } from './execution.ts';

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
 * Sets the duration to the first that is known of: end − start; now − start of a running step; `elapsed_time`, of which 0 counts for a finished
 * step only ("under a second"). Else null. Never negative.
 *
 * Skew (an end before the start, a running step that starts after now) leaves `elapsed_time` as the only source. A step
 * that a finished run left running counts until the run's end, and 0 where it started after that.
 */
export function measureStep(step: StepDraft, { now, liveUntil }: StepClock): void {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  const earliestEnd = Math.min(end ?? Infinity, saysItRuns(step) ? now : Infinity);
  step.clockSkewDetected = start !== null && earliestEnd < start;
  const trusted = step.clockSkewDetected ? null : start;
  const elapsed = elapsedMicros(step);
  if (trusted !== null && end !== null) setDuration(step, end - trusted, 'TIMESTAMPS');
  else if (trusted !== null && liveUntil !== null && isRunning(step))
    setDuration(step, Math.max(0, liveUntil - trusted), 'LIVE');
  else if (elapsed !== null) setDuration(step, elapsed, 'ELAPSED_SECONDS');
}

function setDuration(step: StepDraft, micros: number, source: DurationSource): void {
  step.durationMs = micros / 1000;
  step.durationSource = source;
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
  let last: TimedFacts | null = null;
  let lastEnd = -Infinity;
  for (const step of steps) {
    const end = endMicrosOf(step) ?? -Infinity;
    if (end > lastEnd) [last, lastEnd] = [step, end];
  }
  return last && (last.endTime?.epochMicros === lastEnd ? last.endTime : timestampOfMicros(lastEnd));
}

/** By `elapsed_time`, of which 0 tells something of a finished step only. */
function elapsedMicros(step: TimedFacts): number | null {
  const seconds = knownSeconds(step.elapsedTime);
  return seconds === null || (seconds === 0 && !step.isFinished) ? null : Math.round(seconds * 1_000_000);
}
