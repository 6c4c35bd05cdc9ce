/** A step's facts with what its own words say, in the one order on which everything else stands. */
import { knownSeconds } from './duration.ts';
import { compareNullsLast } from '../order.ts';
import { isTerminal, stepStatusOf, type StepStatus } from '../status.ts';
import type { StepFacts } from '../types.ts';

export interface Execution extends StepFacts {
  readonly status: StepStatus;
  /** COMPLETED, FAILED, CANCELLED or SKIPPED; or UNKNOWN with an end. */
  readonly isFinished: boolean;
}

/** By start (steps without one last), then upstream index. */
export const compareByStart = (a: StepFacts, b: StepFacts): number =>
  compareNullsLast(a.startTime?.epochMicros ?? null, b.startTime?.epochMicros ?? null) || a.index - b.index;

/** In order of `compareByStart`, whatever order the facts come in. */
export const executionsOf = (facts: readonly StepFacts[]): Execution[] => facts.map(executionOf).sort(compareByStart);

function executionOf(facts: StepFacts): Execution {
  const status = stepStatusOf(facts.rawStatus);
  return { ...facts, status, isFinished: isTerminal(status) || (status === 'UNKNOWN' && facts.endTime !== null) };
}

/**
 * When a step ended, in microseconds since 1970: its `end_time`; where that is missing or lies before the start, a
 * finished step's start plus `elapsed_time`. Null when nothing tells.
 */
export function endMicrosOf(step: Execution): number | null {
  const start = step.startTime?.epochMicros ?? null;
  const end = step.endTime?.epochMicros ?? null;
  if (start === null || (end !== null && end >= start)) return end;
  const seconds = step.isFinished ? knownSeconds(step.elapsedTime) : null;
  return seconds === null ? end : start + Math.round(seconds * 1_000_000);
}
