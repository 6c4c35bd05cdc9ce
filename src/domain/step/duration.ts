/** How long one step took, and by which of the upstream's three ways of telling that is known. */
import { MAX_INT } from '../int.ts';
import type { StepStatus } from '../status.ts';
import type { DurationSource, StepDuration, StepFacts } from '../types.ts';

/** Whole microseconds of some milliseconds: sums and differences of them carry no rounding noise. */
export const microsOf = (millis: number): number => Math.round(millis * 1000);

/** Seconds as the upstream reports them; null where it reports none, a negative number or one beyond an `Int`. */
export const knownSeconds = (elapsedTime: number | null): number | null =>
  elapsedTime !== null && elapsedTime >= 0 && elapsedTime <= MAX_INT ? elapsedTime : null;

/** Σ `elapsed_time` in seconds, floored per step as the upstream does; unknown ones count 0. At most an `Int`. */
export function totalElapsedTime(steps: Iterable<Pick<StepFacts, 'elapsedTime'>>): number {
  let total = 0;
  for (const step of steps) total += Math.floor(knownSeconds(step.elapsedTime) ?? 0);
  return Math.min(total, MAX_INT);
}

/** Σ durations in milliseconds, exact to the microsecond; unknown ones count 0. */
export function totalDurationMs(steps: Iterable<Pick<StepDuration, 'durationMs'>>): number {
  let micros = 0;
  for (const step of steps) micros += microsOf(step.durationMs ?? 0);
  return micros / 1000;
}

export type TimedFacts = Pick<StepFacts, 'startTime' | 'endTime' | 'elapsedTime'> & {
  readonly status: StepStatus;
  readonly isFinished: boolean;
};

/**
 * The first that is known of: end − start; `elapsed_time` if above 0; now − start of a running step; `elapsed_time` 0
 * of a finished one ("under a second"). Else null. Never negative.
 *
 * An unfinished step counts as running unless it is PENDING: a start that is only planned is no time spent, and one
 * after now is no clock skew. Skew (an end before its start, a running step that starts after now) leaves
 * `elapsed_time` as the only source.
 */
export function stepDuration(step: TimedFacts, nowMicros: number): StepDuration {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  const isRunning = !step.isFinished && step.status !== 'PENDING';
  const until = end ?? (isRunning ? nowMicros : null);
  const clockSkewDetected = start !== null && until !== null && until < start;

  const known = (micros: number, durationSource: DurationSource): StepDuration => ({
    durationMs: micros / 1000,
    durationSource,
    clockSkewDetected,
  });

  if (start !== null && end !== null && !clockSkewDetected) return known(end - start, 'TIMESTAMPS');
  const seconds = knownSeconds(step.elapsedTime);
  if (seconds !== null && seconds > 0) return known(Math.round(seconds * 1_000_000), 'ELAPSED_SECONDS');
  if (start !== null && until !== null && !clockSkewDetected) return known(until - start, 'LIVE');
  if (seconds === 0 && step.isFinished) return known(0, 'ELAPSED_SECONDS');
  return { durationMs: null, durationSource: 'NONE', clockSkewDetected };
}
