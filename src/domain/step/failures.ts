/** Failed and slow steps of a run. */
import { endMicrosOf } from './duration.ts';
import { compareNullsLast } from '../order.ts';
import type { Step } from '../types.ts';

/** Sorted by end (unknown last), then by start: the root cause comes first. */
export const failedSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.status === 'FAILED').sort((a, b) => compareNullsLast(endMicrosOf(a), endMicrosOf(b)));

/** Longest first, with a stable order of ties. Steps of unknown duration are left out. */
export const slowestSteps = (steps: readonly Step[]): Step[] =>
  steps.filter((step) => step.durationMs !== null).sort((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
