/** Duration of a step, from one of three sources. */
import type { StepStatus } from '../status.ts';
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { DurationSource, StepDuration, StepFacts } from '../types.ts';
import type { StepDraft } from './execution.ts';
import { waitsWithin } from './waits.ts';

/** Whole microseconds, so sums and differences have no rounding noise. */
export const microsOf = (millis: number): number => Math.round(millis * 1000);

/** Length of a step including its waits, or 0 if unknown. */
export const spanMicrosOf = ({ durationMs, waitingMs }: Pick<StepDuration, 'durationMs' | 'waitingMs'>): number =>
  microsOf(durationMs ?? 0) + microsOf(waitingMs);

/** Seconds reported by the upstream, or null if missing, negative or beyond 2^53. */
const knownSeconds = (elapsedTime: number | null): number | null =>
  elapsedTime !== null && elapsedTime >= 0 && elapsedTime <= Number.MAX_SAFE_INTEGER ? elapsedTime : null;

/** Sum of `elapsed_time` in seconds, each rounded down as the upstream does. Missing and negative values count as 0. */
export function totalElapsedTime(steps: Iterable<Pick<StepFacts, 'elapsedTime'>>): number {
  let total = 0;
  for (const { elapsedTime } of steps) total += Math.max(0, Math.floor(elapsedTime ?? 0));
  return total;
}

/** Sum in milliseconds, exact to the microsecond. Unknown durations count as 0. */
export function totalMs(steps: Iterable<Pick<StepDuration, 'durationMs'>>): number {
  let micros = 0;
  for (const { durationMs } of steps) micros += microsOf(durationMs ?? 0);
  return micros / 1000;
}

export type TimedFacts = Pick<StepFacts, 'startTime' | 'endTime' | 'elapsedTime'> & {
  readonly status: StepStatus;
  readonly isFinished: boolean;
};

/** Clock for running steps, in microseconds since 1970. */
export interface StepClock {
  /** Clock reading of the request. */
  readonly now: number;
  /** Now, or the end of a finished run, or null if that is unknown. */
  readonly liveUntil: number | null;
}

/** Whether the step is running, waiting, or of unknown status. A planned start isn't a start. */
export const isUnderWay = (step: Pick<TimedFacts, 'status' | 'isFinished'>): boolean =>
  !step.isFinished && step.status !== 'PENDING';

export const isRunning = (step: TimedFacts): boolean => isUnderWay(step) && step.endTime === null;

/**
 * Sources in order: end − start, now − start of a running step, `elapsed_time`. With clock skew, only the last counts.
 * A step left running by a finished run ends with it. Waits are excluded, unless start or end is unknown.
 */
export function measureStep(step: StepDraft, { now, liveUntil }: StepClock): void {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  const earliestEnd = Math.min(end ?? Infinity, isUnderWay(step) ? now : Infinity);
  step.clockSkewDetected = start !== null && earliestEnd < start;
  const trusted = step.clockSkewDetected ? null : start;
  const elapsed = elapsedMicros(step);
  if (trusted !== null && end !== null) setPeriod(step, trusted, end, 'TIMESTAMPS');
  else if (trusted !== null && liveUntil !== null && isRunning(step))
    setPeriod(step, trusted, Math.max(trusted, liveUntil), 'LIVE');
  else if (elapsed !== null) setDuration(step, elapsed, 'ELAPSED_SECONDS');
}

function setPeriod(step: StepDraft, start: number, end: number, source: DurationSource): void {
  let waiting = 0;
  for (const wait of waitsWithin(step, start, end)) waiting += wait.end - wait.start;
  step.waitingMs = waiting / 1000;
  setDuration(step, end - start - waiting, source);
}

function setDuration(step: StepDraft, micros: number, source: DurationSource): void {
  step.durationMs = micros / 1000;
  step.durationSource = source;
}

/** Microseconds since 1970, from `end_time` if valid, otherwise from `elapsed_time`, or null if unknown. */
export function endMicrosOf(step: TimedFacts): number | null {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  if (start === null || (end !== null && end >= start)) return end;
  const elapsed = elapsedMicros(step);
  return elapsed === null ? null : start + elapsed;
}

/** Latest end, with the upstream's string if it sent one. */
export function latestEndOf(steps: readonly TimedFacts[]): Timestamp | null {
  let last: TimedFacts | null = null;
  let lastEnd = -Infinity;
  for (const step of steps) {
    const end = endMicrosOf(step) ?? -Infinity;
    if (end > lastEnd) [last, lastEnd] = [step, end];
  }
  return last && (last.endTime?.epochMicros === lastEnd ? last.endTime : timestampOfMicros(lastEnd));
}

/** `elapsed_time` in microseconds. 0 counts as a duration only for a finished step. */
function elapsedMicros(step: TimedFacts): number | null {
  const seconds = knownSeconds(step.elapsedTime);
  return seconds === null || (seconds === 0 && !step.isFinished) ? null : Math.round(seconds * 1_000_000);
}
