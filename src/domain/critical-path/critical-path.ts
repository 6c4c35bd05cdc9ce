/** The chain of steps that kept the run from ending sooner: to make the run faster, one of these has to be. */
import { totalDurationMs } from '../step/duration.ts';
import { compareByStart } from '../step/execution.ts';
import { predecessorsOf, successorsOf, topologicalGroups } from './graph.ts';
import { intervalsOf, unionLength } from '../run/intervals.ts';
import type { CriticalPath, Step, WorkflowGraph } from '../types.ts';
import { walkBack } from './walk-back.ts';

/**
 * With a graph in which at least one node was executed: the chain of the longest duration along its edges.
 * - A node that ran several times counts all its executions; where they overlap (fan-out), the time counts once.
 * - A node that did not run weighs nothing, and still orders the nodes before and after it.
 * - The nodes of a cycle count as one: all their executions, in order of start.
 * - Of equally long chains, the one of more steps. Executed nodes that the graph does not know are left out.
 *
 * Otherwise inferred from the steps' times (see `walkBack`), with the sum of their durations. Empty without steps.
 */
export function criticalPath(steps: readonly Step[], graph: WorkflowGraph | null): CriticalPath {
  const chain = graph && longestChain(steps, graph);
  if (chain) return { steps: stepsOf(chain), durationMs: chain.micros / 1000, isInferred: false };
  const path = walkBack(steps);
  return { steps: path, durationMs: totalDurationMs(path), isInferred: true };
}

interface Chain {
  readonly micros: number;
  readonly stepCount: number;
  /** Those of the chain's last group. */
  readonly steps: readonly Step[];
  readonly previous: Chain | null;
}

/** Null if no executed node is in the graph. */
function longestChain(steps: readonly Step[], graph: WorkflowGraph): Chain | null {
  const successors = successorsOf(graph);
  const predecessors = predecessorsOf(successors);
  const executions = Map.groupBy(steps, (step) => step.nodeId);
  const chainTo = new Map<string, Chain>();
  let best: Chain | null = null;
  for (const group of topologicalGroups(successors)) {
    const previous = group
      .flatMap((id) => predecessors.get(id) ?? [])
      .reduce<Chain | null>((longest, id) => longerOf(longest, chainTo.get(id) ?? null), null);
    const own = group.flatMap((id) => executions.get(id) ?? []).sort(compareByStart);
    const chain: Chain = {
      micros: (previous?.micros ?? 0) + weightOf(own),
      stepCount: (previous?.stepCount ?? 0) + own.length,
      steps: own,
      previous,
    };
    for (const id of group) chainTo.set(id, chain);
    best = longerOf(best, chain);
  }
  return best && best.stepCount > 0 ? best : null;
}

function longerOf(a: Chain | null, b: Chain | null): Chain | null {
  if (!a || !b) return a ?? b;
  return b.micros - a.micros > 0 || (b.micros === a.micros && b.stepCount > a.stepCount) ? b : a;
}

/** Microseconds; a step without a start can't overlap another, so it counts in full. */
function weightOf(steps: readonly Step[]): number {
  const unplaced = steps.filter((step) => !step.startTime);
  return unionLength(intervalsOf(steps)) + totalDurationMs(unplaced) * 1000;
}

function stepsOf(last: Chain): Step[] {
  const groups: (readonly Step[])[] = [];
  for (let chain: Chain | null = last; chain; chain = chain.previous) groups.push(chain.steps);
  return groups.reverse().flat();
}
