/** Failed and slow steps of a run. */
import { remainingAttempts } from './attempts.ts';
import { endMicrosOf } from './duration.ts';
import { compareNullsLast } from '../order.ts';
import type { Run, Step } from '../types.ts';

/** Sorted by end (unknown last), then by start: the root cause comes first. */
export const failedSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.status === 'FAILED').sort((a, b) => compareNullsLast(endMicrosOf(a), endMicrosOf(b)));

/** Failures that had not ended when their node's last execution began: the reasons why the run failed. */
export function remainingFailures(steps: readonly Step[], failures: readonly Step[]): Step[] {
  const nodeIds = new Set(failures.map(({ nodeId }) => nodeId));
  const remaining = new Set(remainingAttempts(steps.filter(({ nodeId }) => nodeIds.has(nodeId))));
  return failures.filter((step) => remaining.has(step));
}

/** The earliest failure of the nodes whose latest execution failed. */
export function firstFailure({ latestAttempts, failedSteps }: Run): Step | null {
  const latest = new Set(latestAttempts.filter(({ status }) => status === 'FAILED'));
  return failedSteps.find((step) => latest.has(step)) ?? null;
}

/** Longest first, ties in stable order. Steps of unknown duration are left out. */
export const slowestSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.durationMs !== null).sort((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
