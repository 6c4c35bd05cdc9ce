import type { GraphQLResolveInfo } from 'graphql';
import { failureGroups } from '../../domain/run/failure-groups.ts';
import { nodeStatistics, runStatistics } from '../../domain/run/statistics.ts';
import { trendOf } from '../../domain/run/trend.ts';
import { runStatusOf } from '../../domain/status.ts';
import type { WorkflowRecord } from '../../domain/types.ts';
import { checkBuckets, checkFirst, checkIdCount, checkLast, runFilter } from '../arguments.ts';
import { runPage } from '../connections.ts';
import type { RunRef } from '../../upstream/client.ts';
import type { Context } from '../context.ts';
import { readRunCursor, workflowCursor } from '../cursors.ts';
import { properties, type FieldTable } from '../fields/field-table.ts';
import { intFields } from '../fields/int-fields.ts';
import { ASSUMED_LIST_SIZE, type RunCalls } from '../fields/field-entry.ts';
import type { GivenArguments } from '../fields/given-arguments.ts';
import {
  bucketCount,
  historyPageCalls,
  listLength,
  MAX_LIST_SIZE,
  pageSize,
  runsInStatistics,
  statisticsCalls,
} from '../fields/list-sizes.ts';
import type { StatisticsOfRuns, WorkflowRef } from '../object-references.ts';
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
      const page = await history.page({ workflowId, first: size, after: position, filter: runFilter(filter) });
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

  failureGroups: {
    // The steps of each run that may have failed.
    calls: (given) => statisticsCalls(given) + runsInStatistics(given),
    items: runsInStatistics,
    objects: ASSUMED_LIST_SIZE,
    async resolve({ id: workflowId }, { last }, { history, runs }) {
      const records = await history.latest(workflowId, checkLast(last));
      const failed = records.filter(({ rawStatus }) => runStatusOf(rawStatus) === 'FAILED');
      const loads = await Promise.allSettled(
        failed.map(async (record) => ({ record, run: await runs().loadWithSteps({ workflowId, runId: record.id }) })),
      );
      const loaded = loads.flatMap((load) => (load.status === 'fulfilled' ? [load.value] : []));
      const groups = failureGroups(loaded).map((group) => ({ ...group, workflowId }));
      // As items of the list they are null with these errors. The generated types know no Error in a list.
      const errors = loads.flatMap((load) => (load.status === 'rejected' ? [load.reason as never] : []));
      return [...groups, ...errors];
    },
  },

  trend: {
    calls: statisticsCalls,
    items: runsInStatistics,
    objects: bucketCount,
    async resolve({ id: workflowId }, { last, buckets }, { history }) {
      const count = checkBuckets(buckets);
      const records = await history.latest(workflowId, checkLast(last));
      return trendOf(records, count).map((bucket) => ({ ...bucket, workflowId }));
    },
  },
};

/** Over the steps of each run that was looked at: one call for each of them. */
const statisticsByNode = {
  calls: () => 1,
  async resolve({ workflowId, runIds }: RunsOfWorkflow, _args: object, { runs }: Context) {
    const loaded = await Promise.all(runIds.map((runId) => runs().loadWithSteps({ workflowId, runId })));
    return nodeStatistics(loaded.filter((run) => run !== null));
  },
} as const;

type RunsOfWorkflow = Pick<StatisticsOfRuns, 'workflowId' | 'runIds'>;

export const failureGroup: FieldTable<'FailureGroup'> = {
  nodeId: {},
  message: {},
  code: {},
  count: {},
  firstSeenAt: {},
  lastSeenAt: {},
  // What the groups were made of is loaded: records came with the history, steps were read.
  runs: {
    items: pageSize,
    resolve: ({ workflowId, runIds }, { first }, { runs, requirement }, info) =>
      settleAll(runIds.slice(0, checkFirst(first)), (runId) => runs().load({ workflowId, runId }, requirement(info))),
  },
};

export const trendBucket: FieldTable<'TrendBucket'> = {
  startedAt: {},
  endedAt: {},
  runCount: {},
  failedCount: {},
  wallClockMs: {},
  nodes: statisticsByNode,
};

export const workflowStatistics: FieldTable<'WorkflowStatistics'> = {
  runCount: {},
  finishedCount: {},
  completedCount: {},
  failedCount: {},
  successRate: {},
  wallClockMs: {},
  nodes: statisticsByNode,
};

/** A page's length is counted where its size is given: `items` of `Query.workflows` and `Workflow.runs`. */
const ONCE = { items: 1 } as const;

export const workflowConnection: FieldTable<'WorkflowConnection'> = {
  nodes: ONCE,
  edges: { ...ONCE, resolve: ({ nodes }) => nodes.map((node) => ({ node, cursor: workflowCursor(node.id) })) },
  pageInfo: {},
  totalCount: {},
};

/** The runs of a page, whose records came with it. */
const runNodes = {
  ...ONCE,
  calls: (_given: GivenArguments, run: RunCalls) => run.ofPage(),
  resolve: (
    { runs: listed }: { readonly runs: readonly RunRef[] },
    _args: object,
    { runs, requirement }: Context,
    info: GraphQLResolveInfo,
  ) => settleAll(listed, (run) => runs().load(run, requirement(info))),
} as const;

export const runConnection: FieldTable<'RunConnection'> = {
  nodes: runNodes,
  edges: { ...ONCE, resolve: ({ runs: listed }) => listed },
  pageInfo: {},
};

export const recentRuns: FieldTable<'RecentRuns'> = {
  nodes: runNodes,
  edges: { ...ONCE, resolve: ({ edges }) => edges() },
  pageInfo: {},
  unavailableWorkflows: { items: 1 },
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
  RecentRuns: recentRuns,
  RunEdge: runEdge,
  PageInfo: properties<'PageInfo'>(),
  WorkflowGraph: properties<'WorkflowGraph'>(),
  WorkflowNode: properties<'WorkflowNode'>(),
  WorkflowEdge: properties<'WorkflowEdge'>(),
  FailureGroup: failureGroup,
  TrendBucket: trendBucket,
  Distribution: properties<'Distribution'>(),
  NodeStatistics: { ...properties<'NodeStatistics'>(), ...intFields('totalTokens') },
};
