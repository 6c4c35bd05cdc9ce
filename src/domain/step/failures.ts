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

/** Longest first; ties keep their order. Steps of unknown duration are left out. */
export const slowestSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.durationMs !== null).sort((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
