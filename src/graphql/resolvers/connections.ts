/** Pages of workflows and runs. */
import type { GraphQLResolveInfo } from 'graphql';
import type { RunRef } from '../../upstream/client.ts';
import type { Context } from '../context.ts';
import { workflowCursor } from '../lists/cursors.ts';
import type { RunCalls } from '../fields/field-entry.ts';
import { properties, type FieldTable } from '../fields/field-table.ts';
import type { ArgumentValues } from '../fields/argument-values.ts';
import { MAX_LIST_SIZE } from '../fields/list-sizes.ts';
import { settleAll } from '../lists/settle.ts';

/** The fields with a page size count its items: `Query.workflows` and `Workflow.runs`. */
const ONCE = { items: 1 } as const;

const workflowConnection: FieldTable<'WorkflowConnection'> = {
  nodes: ONCE,
  edges: { ...ONCE, resolve: ({ nodes }) => nodes.map((node) => ({ node, cursor: workflowCursor(node.id) })) },
  pageInfo: {},
  totalCount: {},
};

/** Runs of a page. Their records came with it. */
const runNodes = {
  ...ONCE,
  calls: (_given: ArgumentValues, run: RunCalls) => run.ofPage(),
  resolve: (
    { runs: listed }: { readonly runs: readonly RunRef[] },
    _args: object,
    { runs, requirement }: Context,
    info: GraphQLResolveInfo,
  ) => settleAll(listed, (run) => runs().load(run, requirement(info))),
} as const;

const runConnection: FieldTable<'RunConnection'> = {
  nodes: runNodes,
  edges: { ...ONCE, resolve: ({ runs: listed }) => listed },
  pageInfo: {},
};

const recentRuns: FieldTable<'RecentRuns'> = {
  nodes: runNodes,
  edges: { ...ONCE, resolve: ({ edges }) => edges() },
  pageInfo: {},
  // At most as many as requested, and usually hardly any.
  unavailableWorkflows: { items: MAX_LIST_SIZE, objects: 1 },
};

const runEdge: FieldTable<'RunEdge'> = {
  node: {
    calls: (_given, run) => run.ofPage(),
    resolve: (listed, _args, { runs, requirement }, info) => runs().load(listed, requirement(info)),
  },
  cursor: {},
};

export const connections = {
  WorkflowConnection: workflowConnection,
  WorkflowConnectionEdge: properties<'WorkflowConnectionEdge'>(),
  RunConnection: runConnection,
  RecentRuns: recentRuns,
  RunEdge: runEdge,
  PageInfo: properties<'PageInfo'>(),
};
