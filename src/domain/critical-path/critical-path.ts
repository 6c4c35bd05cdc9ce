/**
 * Critical path: the chain of steps that determines when the run ends. It follows the graph, or step times if there is
 * none. A node weighs the time covered by its executions, without waits. A node that didn't run weighs 0 but still
 * connects others. A cycle counts as one node. Of equally long chains, the one with more steps wins. Executions without
 * a start and nodes missing from the graph are ignored.
 */
import { compareByStart } from '../step/execution.ts';
import { predecessorsOf, successorsOf, topologicalGroups } from './graph.ts';
import { unionLength, untilLastWork, workOf, type Interval } from '../run/intervals.ts';
import type { CriticalPath, WorkflowGraph } from '../types.ts';
import { walkBack } from './walk-back.ts';

export function criticalPath(spans: readonly Interval[], graph: WorkflowGraph | null): CriticalPath {
  const intervals = spans.map(untilLastWork);
  const isInferred = !graph || graph.nodes.length === 0;
  const path = isInferred ? walkBack(intervals) : longestChain(intervals, graph);
  return { steps: path.map(({ step }) => step), durationMs: microsCovered(path) / 1000, isInferred };
}

const microsCovered = (intervals: readonly Interval[]): number =>
  unionLength(workOf(intervals.toSorted((a, b) => a.start - b.start)));

interface Chain {
  readonly micros: number;
  readonly stepCount: number;
  /** Intervals of the chain's last group, sorted by start. */
  readonly intervals: readonly Interval[];
  readonly previous: Chain | null;
}

function longestChain(intervals: readonly Interval[], graph: WorkflowGraph): Interval[] {
  const successors = successorsOf(graph);
  const predecessors = predecessorsOf(successors);
  const executions = Map.groupBy(intervals, ({ step }) => step.nodeId);
  const chainTo = new Map<string, Chain>();
  let best: Chain | null = null;
  for (const group of topologicalGroups(successors, predecessors)) {
    let previous: Chain | null = null;
    for (const id of group) {
      for (const before of predecessors.get(id) ?? []) previous = longerOf(previous, chainTo.get(before) ?? null);
    }
    const own = group.flatMap((id) => executions.get(id) ?? []).sort((a, b) => compareByStart(a.step, b.step));
    const chain: Chain = {
      micros: (previous?.micros ?? 0) + unionLength(workOf(own)),
      stepCount: (previous?.stepCount ?? 0) + own.length,
      intervals: own,
      previous,
    };
    for (const id of group) chainTo.set(id, chain);
    best = longerOf(best, chain);
  }
  return intervalsOfChain(best);
}

function longerOf(a: Chain | null, b: Chain | null): Chain | null {
  if (!a || !b) return a ?? b;
  return b.micros - a.micros > 0 || (b.micros === a.micros && b.stepCount > a.stepCount) ? b : a;
}

function intervalsOfChain(last: Chain | null): Interval[] {
  const groups: (readonly Interval[])[] = [];
  for (let chain = last; chain; chain = chain.previous) groups.push(chain.intervals);
  return groups.reverse().flat();
}
