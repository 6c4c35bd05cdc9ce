/** Which steps failed, in the order in which they did, and which ones cost the most time. */
import { latestAttempts } from './attempts.ts';
import { endMicrosOf } from './duration.ts';
import { compareNullsLast } from '../order.ts';
import type { Step } from '../types.ts';

/** By end (unknown ones last), then in the order of the steps, which is by start: the root cause comes first. */
export const failedSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.status === 'FAILED').sort((a, b) => compareNullsLast(endMicrosOf(a), endMicrosOf(b)));

/** The failures that no retry superseded: those that still matter. */
export const unsupersededFailures = (failures: readonly Step[]): Step[] =>
  failures.filter((step) => !step.isSuperseded);

/** Why a run failed: of the nodes whose latest execution failed, the one that did so first. Takes `failures` in their order. */
export function firstFailure(steps: readonly Step[], failures: readonly Step[]): Step | null {
  const latest = new Set(latestAttempts(steps));
  return failures.find((step) => latest.has(step)) ?? null;
}

/** By the steps of a run: under many aliases, sorting them is what takes the time. */
const longestFirst = new WeakMap<readonly Step[], readonly Step[]>();

/** The longest steps, longest first; ties keep their order. Those of unknown duration are left out. */
export function slowestSteps(steps: readonly Step[], first: number): readonly Step[] {
  let sorted = longestFirst.get(steps);
  if (!sorted) {
    sorted = steps.filter((step) => step.durationMs !== null).sort((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
    longestFirst.set(steps, sorted);
  }
  return sorted.slice(0, Math.max(0, first));
}
