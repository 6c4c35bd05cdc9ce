import { nodeStatistics, runStatistics } from '../../domain/run/statistics.ts';
import type { WorkflowRecord } from '../../domain/types.ts';
import { checkFirst, checkIdCount, checkLast } from '../arguments.ts';
import { runPage } from '../connections.ts';
import type { Context } from '../context.ts';
import { readRunCursor, workflowCursor } from '../cursors.ts';
import { properties, type FieldTable } from '../fields/field-table.ts';
import { intFields } from '../fields/int-fields.ts';
import {
  historyPageCalls,
  listLength,
  MAX_LIST_SIZE,
  pageSize,
  runsInStatistics,
  statisticsCalls,
} from '../fields/list-sizes.ts';
import type { WorkflowRef } from '../object-references.ts';
import { settleAll } from '../settle.ts';

/** A field that the upstream's list of workflows holds. */
const ofList = <Key extends keyof WorkflowRecord>(key: Key) =>
  ({
    readsWorkflows: true,
    resolve: async ({ id }: WorkflowRef, _args: object, { workflows }: Context): Promise<WorkflowRecord[Key]> =>
      (await workflows().find(id))[key],
  }) as const;

export const workflow: FieldTable<'Workflow'> = {
  id: {},
  name: ofList('name'),
  description: ofList('description'),
  status: ofList('status'),
  version: ofList('version'),
  isPublic: ofList('isPublic'),
  organizationId: ofList('organizationId'),
  createdAt: ofList('createdAt'),
  updatedAt: ofList('updatedAt'),
  graph: ofList('graph'),

  run: {
    calls: (_given, run) => run.byId(),
    resolve: ({ id: workflowId }, { id }, { runs, requirement }, info) =>
      runs().load({ workflowId, runId: id }, requirement(info)),
  },

  runsById: {
    calls: (given, run) => listLength(given.get('ids'), MAX_LIST_SIZE) * run.byId(),
    items: (given) => listLength(given.get('ids'), MAX_LIST_SIZE),
    resolve: ({ id: workflowId }, { ids }, { runs, requirement }, info) =>
      settleAll(checkIdCount(ids), (runId) => runs().load({ workflowId, runId }, requirement(info))),
  },

  runs: {
    calls: historyPageCalls,
    items: pageSize,
    async resolve({ id: workflowId }, { first, after, filter }, { history }) {
      const size = checkFirst(first);
      const position = after == null ? null : readRunCursor(after);
      const conditions = filter && {
        status: filter.status ?? null,
        startedAfter: filter.startedAfter ?? null,
        startedBefore: filter.startedBefore ?? null,
      };
      const page = await history.page({ workflowId, first: size, after: position, filter: conditions ?? null });
      return runPage(workflowId, page, position === null);
    },
  },

  statistics: {
    calls: statisticsCalls,
    items: runsInStatistics,
    objects: 1,
    async resolve({ id: workflowId }, { last }, { history }) {
      const records = await history.latest(workflowId, checkLast(last));
      return { ...runStatistics(records), workflowId, runIds: records.map((record) => record.id) };
    },
  },
};

export const workflowStatistics: FieldTable<'WorkflowStatistics'> = {
  runCount: {},
  finishedCount: {},
  completedCount: {},
  failedCount: {},
  successRate: {},
  wallClockMs: {},
  nodes: {
    // The steps of each run that was looked at.
    calls: () => 1,
    async resolve({ workflowId, runIds }, _args, { runs }) {
      const loaded = await Promise.all(runIds.map((runId) => runs().loadWithSteps({ workflowId, runId })));
      return nodeStatistics(loaded.filter((run) => run !== null));
    },
  },
};

/** A page's length is counted where its size is given: `items` of `Query.workflows` and `Workflow.runs`. */
const ONCE = { items: 1 } as const;

export const workflowConnection: FieldTable<'WorkflowConnection'> = {
  nodes: ONCE,
  edges: { ...ONCE, resolve: ({ nodes }) => nodes.map((node) => ({ node, cursor: workflowCursor(node.id) })) },
  pageInfo: {},
  totalCount: {},
};

export const runConnection: FieldTable<'RunConnection'> = {
  nodes: {
    ...ONCE,
    calls: (_given, run) => run.ofPage(),
    resolve: ({ runs: listed }, _args, { runs, requirement }, info) =>
      settleAll(listed, (run) => runs().load(run, requirement(info))),
  },
  edges: { ...ONCE, resolve: ({ runs: listed }) => listed },
  pageInfo: {},
};

export const runEdge: FieldTable<'RunEdge'> = {
  node: {
    calls: (_given, run) => run.ofPage(),
    resolve: (listed, _args, { runs, requirement }, info) => runs().load(listed, requirement(info)),
  },
  cursor: {},
};

export const workflowTypes = {
  Workflow: workflow,
  WorkflowStatistics: workflowStatistics,
  WorkflowConnection: workflowConnection,
  WorkflowConnectionEdge: properties<'WorkflowConnectionEdge'>(),
  RunConnection: runConnection,
  RunEdge: runEdge,
  PageInfo: properties<'PageInfo'>(),
  WorkflowGraph: properties<'WorkflowGraph'>(),
  WorkflowNode: properties<'WorkflowNode'>(),
  WorkflowEdge: properties<'WorkflowEdge'>(),
  Distribution: properties<'Distribution'>(),
  NodeStatistics: { ...properties<'NodeStatistics'>(), ...intFields('totalTokens') },
};
