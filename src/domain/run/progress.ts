/** How far a run has come, counted in nodes: a node that is retried or looped over counts once. */
import type { Execution } from '../step/execution.ts';
import { predecessorsOf, reachableFrom, successorsOf, type Successors } from '../critical-path/graph.ts';
import type { Progress, WorkflowGraph } from '../types.ts';

/**
 * Takes the latest attempt of each node. `finished`: the nodes whose latest attempt is finished. `total`: the executed nodes,
 * and in an unfinished run those that can still be reached: from the entry or from any executed node, along the edges, but
 * not through a node whose latest attempt failed, was cancelled or skipped. In a finished run nothing can be reached any more.
 *
 * A conditional node does not tell which branch it will take, so all of them count until the run is finished. Without
 * a graph (or with an empty one) the total is what has been seen so far, and `isTotalKnown` is false.
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

/** Where the graph names no entry that it knows: the nodes to which no edge leads. */
function entriesOf(graph: WorkflowGraph, successors: Successors): string[] {
  if (graph.entry !== null && successors.has(graph.entry)) return [graph.entry];
  return [...predecessorsOf(successors)].filter(([, before]) => before.length === 0).map(([id]) => id);
}
