/** Pages of workflows and runs. */
import type { GraphQLResolveInfo } from 'graphql';
import type { RunRef } from '../../upstream/client.ts';
import type { Context } from '../context.ts';
import { workflowCursor } from '../lists/cursors.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { settleAll } from '../lists/settle.ts';

const workflowConnection: FieldTable<'WorkflowConnection'> = {
  edges: { resolve: ({ nodes }) => nodes.map((node) => ({ node, cursor: workflowCursor(node.id) })) },
};

/** The run that the parent identifies. */
export const runOfParent = {
  resolve: ({ workflowId, runId }: RunRef, _args: object, { runs, requirement }: Context, info: GraphQLResolveInfo) =>
    runs().load({ workflowId, runId }, requirement(info)),
} as const;

/** Runs of a page, whose records came with it. */
const runNodes = {
  resolve: (
    { runs: listed }: { readonly runs: readonly RunRef[] },
    _args: object,
    { runs, requirement }: Context,
    info: GraphQLResolveInfo,
  ) => settleAll(listed, (run) => runs().load(run, requirement(info))),
} as const;

const runConnection: FieldTable<'RunConnection'> = {
  nodes: runNodes,
  edges: { resolve: ({ runs: listed }) => listed },
};

const recentRunConnection: FieldTable<'RecentRunConnection'> = {
  nodes: runNodes,
  edges: { resolve: ({ edges }) => edges() },
};

export const connections = {
  WorkflowConnection: workflowConnection,
  RunConnection: runConnection,
  RecentRunConnection: recentRunConnection,
  RunEdge: { node: runOfParent },
};
