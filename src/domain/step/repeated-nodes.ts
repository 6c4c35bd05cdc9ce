/** The nodes that ran more than once, and what the failed tries among them cost. */
import type { ExecutionsByNode } from './attempts.ts';
import { totalMs } from './duration.ts';
import type { RepeatedNode, Step } from '../types.ts';

/** Milliseconds of failed executions that a retry superseded. */
export const wastedMs = (steps: readonly Step[]): number => totalMs(steps.filter((step) => step.isSuperseded));

/** By the place of each node's first execution; the attempts of each in order. */
export function repeatedNodes(byNode: ExecutionsByNode<Step>): RepeatedNode[] {
  const repeated = [...byNode].filter(([, attempts]) => attempts.length > 1);
  return repeated.map(([nodeId, attempts]) => ({
    nodeId,
    attempts,
    retryCount: attempts.filter((step) => step.attemptKind === 'RETRY').length,
    wastedMs: wastedMs(attempts),
  }));
}
