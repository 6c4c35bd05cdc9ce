import { workflowCursor } from '../cursors.ts';
import type { WorkflowConnectionResolvers } from '../generated/resolvers.ts';

export const workflowConnection: WorkflowConnectionResolvers = {
  edges: ({ nodes }) => nodes.map((node) => ({ node, cursor: workflowCursor(node.id) })),
};
