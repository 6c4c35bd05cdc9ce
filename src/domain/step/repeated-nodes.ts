/** Nodes that ran more than once, and the cost of their failed attempts. */
import { totalMs } from './duration.ts';
import { compareByPlace } from './execution.ts';
import type { RepeatedNode, Step } from '../types.ts';

/** Milliseconds of failed executions that a retry superseded. */
export const wastedMs = (steps: readonly Step[]): number => totalMs(steps.filter((step) => step.isSuperseded));

/** Sorted by the place of each node's first execution. Attempts are in order. */
export function repeatedNodes(steps: readonly Step[]): RepeatedNode[] {
  const repeated = steps.filter((step) => step.attemptCount > 1).sort(compareByPlace);
  return [...Map.groupBy(repeated, (step) => step.nodeId)].map(([nodeId, attempts]) => ({
    nodeId,
    attempts,
    retryCount: attempts.filter((step) => step.attemptKind === 'RETRY').length,
    wastedMs: wastedMs(attempts),
  }));
}
