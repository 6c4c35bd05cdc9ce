/** Which steps failed, in the order in which they did, and which ones cost the most time. */
import { remainingAttempts } from './attempts.ts';
import { endMicrosOf } from './duration.ts';
import { compareNullsLast } from '../order.ts';
import type { Run, Step } from '../types.ts';

/** By end (unknown ones last), then in the order of the steps, which is by start: the root cause comes first. */
export const failedSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.status === 'FAILED').sort((a, b) => compareNullsLast(endMicrosOf(a), endMicrosOf(b)));

/** Without those that had ended when the last execution of their node began: what is left is why the run failed. */
export function remainingFailures(steps: readonly Step[], failures: readonly Step[]): Step[] {
  const nodeIds = new Set(failures.map(({ nodeId }) => nodeId));
  const remaining = new Set(remainingAttempts(steps.filter(({ nodeId }) => nodeIds.has(nodeId))));
  return failures.filter((step) => remaining.has(step));
}

/** Of the nodes whose latest execution failed, the one that did so first. */
export function firstFailure({ latestAttempts, failedSteps }: Run): Step | null {
  const latest = new Set(latestAttempts.filter(({ status }) => status === 'FAILED'));
  return failedSteps.find((step) => latest.has(step)) ?? null;
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
