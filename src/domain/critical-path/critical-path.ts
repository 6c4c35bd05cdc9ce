/** The chain of steps that kept the run from ending sooner: to make the run faster, one of these has to be. */
import { compareByStart } from '../step/execution.ts';
import { predecessorsOf, successorsOf, topologicalGroups } from './graph.ts';
import { intervalsOf, unionLength } from '../run/intervals.ts';
import type { CriticalPath, Step, WorkflowGraph } from '../types.ts';
import { walkBack } from './walk-back.ts';

/**
 * Along the graph, where it is known and has nodes: the chain of the longest duration along its edges.
 * - A node weighs the time that its executions cover: where they overlap (fan-out), the time counts once.
 * - A node that did not run weighs nothing, and still orders the nodes before and after it.
 * - The nodes of a cycle count as one: all their executions, in order of start.
 * - Of equally long chains, the one of more steps.
 * - Executions without a start, and nodes that the graph does not know, take no part.
 *
 * Otherwise inferred from the steps' times (see `walkBack`). `durationMs` is the time that the path's steps cover.
 */
export function criticalPath(steps: readonly Step[], graph: WorkflowGraph | null): CriticalPath {
  const isInferred = !graph || graph.nodes.length === 0;
  const path = isInferred ? walkBack(steps) : longestChain(steps, graph);
  return { steps: path, durationMs: microsCovered(path) / 1000, isInferred };
}

const microsCovered = (steps: readonly Step[]): number => unionLength(intervalsOf(steps));

interface Chain {
  readonly micros: number;
  readonly stepCount: number;
  /** Those of the chain's last group. */
  readonly steps: readonly Step[];
  readonly previous: Chain | null;
}

function longestChain(steps: readonly Step[], graph: WorkflowGraph): Step[] {
  const successors = successorsOf(graph);
  const predecessors = predecessorsOf(successors);
  const started = steps.filter((step) => step.startTime !== null);
  const executions = Map.groupBy(started, (step) => step.nodeId);
  const chainTo = new Map<string, Chain>();
  let best: Chain | null = null;
  for (const group of topologicalGroups(successors)) {
    const previous = group
      .flatMap((id) => predecessors.get(id) ?? [])
      .reduce<Chain | null>((longest, id) => longerOf(longest, chainTo.get(id) ?? null), null);
    const own = group.flatMap((id) => executions.get(id) ?? []).sort(compareByStart);
    const chain: Chain = {
      micros: (previous?.micros ?? 0) + microsCovered(own),
      stepCount: (previous?.stepCount ?? 0) + own.length,
      steps: own,
      previous,
    };
    for (const id of group) chainTo.set(id, chain);
    best = longerOf(best, chain);
  }
  return stepsOf(best);
}

function longerOf(a: Chain | null, b: Chain | null): Chain | null {
  if (!a || !b) return a ?? b;
  return b.micros - a.micros > 0 || (b.micros === a.micros && b.stepCount > a.stepCount) ? b : a;
}

function stepsOf(last: Chain | null): Step[] {
  const groups: (readonly Step[])[] = [];
  for (let chain = last; chain; chain = chain.previous) groups.push(chain.steps);
  return groups.reverse().flat();
}
