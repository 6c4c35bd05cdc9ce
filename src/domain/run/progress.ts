/** Progress of a run, counted in nodes. Retries and loops count once. */
import type { Execution } from '../step/execution.ts';
import { predecessorsOf, reachableFrom, successorsOf, type Successors } from '../critical-path/graph.ts';
import type { Progress, WorkflowGraph } from '../types.ts';

/**
 * Takes latest attempts. In an unfinished run, `total` includes nodes that the entry or an executed node can reach,
 * except through failed, cancelled or skipped nodes. All branches of a condition count.
 */
export function progressOf(
  latest: readonly Execution[],
  graph: WorkflowGraph | null,
  isRunFinished: boolean,
): Progress {
  const nodes = new Set(latest.map((execution) => execution.nodeId));
  const finished = latest.filter((execution) => execution.isFinished).length;
  if (!graph || graph.nodes.length === 0) return { finished, total: nodes.size, isTotalKnown: false };
  if (isRunFinished) return { finished, total: nodes.size, isTotalKnown: true };

  const successors = successorsOf(graph);
  const stopped = new Set(latest.filter(isDeadEnd).map((execution) => execution.nodeId));
  const reachable = reachableFrom([...entriesOf(graph, successors), ...nodes], successors, (id) => !stopped.has(id));
  return { finished, total: nodes.union(reachable).size, isTotalKnown: true };
}

const isDeadEnd = ({ status }: Execution): boolean =>
  status === 'FAILED' || status === 'CANCELLED' || status === 'SKIPPED';

/** The graph's entry, or all nodes without a predecessor if it is missing or unknown. */
function entriesOf(graph: WorkflowGraph, successors: Successors): string[] {
  if (graph.entry !== null && successors.has(graph.entry)) return [graph.entry];
  return [...predecessorsOf(successors)].filter(([, before]) => before.length === 0).map(([id]) => id);
}
