/** Graph traversal. Graphs may have cycles and edges to unknown nodes. */
import type { WorkflowGraph } from '../types.ts';

export type Successors = ReadonlyMap<string, readonly string[]>;

/** Successors of each node. Edges to unknown nodes are ignored. */
export function successorsOf(graph: WorkflowGraph): Successors {
  const successors = new Map<string, string[]>(graph.nodes.map((node) => [node.id, []]));
  for (const { from, to } of graph.edges) if (successors.has(to)) successors.get(from)?.push(to);
  return successors;
}

export function predecessorsOf(successors: Successors): Successors {
  const predecessors = new Map<string, string[]>([...successors.keys()].map((id) => [id, []]));
  for (const [from, followers] of successors) for (const to of followers) predecessors.get(to)?.push(from);
  return predecessors;
}

/** Returns the open sources and all nodes that they reach through open nodes. */
export function reachableFrom(
  sources: Iterable<string>,
  successors: Successors,
  isOpen: (id: string) => boolean,
): Set<string> {
  const reached = new Set<string>([...sources].filter(isOpen));
  // Iterating over a Set includes entries added during the iteration.
  for (const id of reached) for (const next of successors.get(id) ?? []) if (isOpen(next)) reached.add(next);
  return reached;
}

/** Kosaraju's algorithm: linear, and without recursion. A group is one node or all nodes of a cycle. */
export function topologicalGroups(successors: Successors, predecessors: Successors): string[][] {
  const grouped = new Set<string>();
  const groups: string[][] = [];
  for (const id of finishingOrder(successors).reverse()) {
    if (grouped.has(id)) continue;
    grouped.add(id);
    const group = [id];
    // Iterating over an array includes items added during the iteration.
    for (const member of group) {
      for (const before of predecessors.get(member) ?? []) {
        if (grouped.has(before)) continue;
        grouped.add(before);
        group.push(before);
      }
    }
    groups.push(group);
  }
  return groups;
}

/** Depth-first postorder. */
function finishingOrder(successors: Successors): string[] {
  const seen = new Set<string>();
  const finished: string[] = [];
  const enter = (id: string): { id: string; followers: Iterator<string> } => {
    seen.add(id);
    return { id, followers: (successors.get(id) ?? []).values() };
  };
  for (const root of successors.keys()) {
    const path = seen.has(root) ? [] : [enter(root)];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = top.followers.next();
      if (next.done) {
        finished.push(top.id);
        path.pop();
      } else if (!seen.has(next.value)) {
        path.push(enter(next.value));
      }
    }
  }
  return finished;
}
