/** Walks a graph: finds the nodes that may start because the nodes before them are done. */
import type { WorkflowDefinition } from './definition.ts';

/** What follows from the end of a node. */
export interface NextNodes {
  readonly toStart: readonly string[];
  /** Nodes that can no longer be reached by a branch. */
  readonly toSkip: readonly string[];
}

export interface GraphWalk {
  /** Call it once for each completed node. `branch` is the branch that a condition has taken. */
  completed(nodeId: string, branch: string | null): NextNodes;
}

/**
 * A node starts when every edge into it is settled and at least one of them leads to it; if none does, it is skipped.
 */
export function createGraphWalk(workflow: WorkflowDefinition): GraphWalk {
  const openEdges = new Map<string, number>();
  for (const [, target] of workflow.edges) openEdges.set(target, (openEdges.get(target) ?? 0) + 1);
  const reachedNodes = new Set<string>();

  function settleEdgesOf(nodeId: string, leadsTo: (target: string) => boolean): NextNodes {
    const toStart: string[] = [];
    const toSkip: string[] = [];
    for (const [from, target] of workflow.edges) {
      if (from !== nodeId) continue;
      if (leadsTo(target)) reachedNodes.add(target);
      const stillOpen = (openEdges.get(target) ?? 0) - 1;
      openEdges.set(target, stillOpen);
      if (stillOpen > 0) continue;
      if (reachedNodes.has(target)) {
        toStart.push(target);
      } else {
        const next = settleEdgesOf(target, () => false);
        toSkip.push(target);
        for (const id of next.toStart) toStart.push(id);
        for (const id of next.toSkip) toSkip.push(id);
      }
    }
    return { toStart, toSkip };
  }

  return {
    completed: (nodeId, branch) => settleEdgesOf(nodeId, (target) => leadsTo(workflow, nodeId, branch, target)),
  };
}

/** A condition leads to the nodes of its taken branch, and to the nodes in no branch. */
function leadsTo(workflow: WorkflowDefinition, nodeId: string, branch: string | null, target: string): boolean {
  const node = workflow.nodes.find(({ id }) => id === nodeId);
  if (node?.type !== 'conditional') return true;
  const isInSomeBranch = Object.values(node.branches).some((targets) => targets.includes(target));
  return !isInSomeBranch || (node.branches[branch ?? '']?.includes(target) ?? false);
}
