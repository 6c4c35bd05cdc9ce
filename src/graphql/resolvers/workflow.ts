import { RUNS_WITHOUT } from '../../domain/run/group-history.ts';
import { runStatistics } from '../../domain/run/statistics.ts';
import { trendOf } from '../../domain/run/trend.ts';
import { usageTrends, type UsageTrend } from '../../domain/run/usage-trend.ts';
import type { WorkflowRecord } from '../../domain/types.ts';
import { inPieces } from '../../upstream/in-pieces.ts';
import { checkBuckets, checkFirst, checkIdCount, checkLast, runFilter, runWindow } from '../arguments.ts';
import { runPage } from '../lists/connections.ts';
import type { Context } from '../context.ts';
import { readRunCursor } from '../lists/cursors.ts';
import type { ArgumentValues } from '../fields/argument-values.ts';
import { ASSUMED_LIST_SIZE } from '../fields/field-entry.ts';
import type { FieldTable } from '../fields/field-table.ts';
import {
  bucketCount,
  failureGroupCalls,
  furtherRuns,
  historyPageCalls,
  listLength,
  MAX_LIST_SIZE,
  pageSize,
  runsInStatistics,
  statisticsCalls,
} from '../fields/list-sizes.ts';
import type { WorkflowRef } from '../object-references.ts';
import { groupsOf, listOf } from '../lists/failure-groups.ts';
import { settleAll } from '../lists/settle.ts';
import { workflowChanges } from '../workflow-changes.ts';

/** Latest runs selected by the arguments of a figure. */
const runsWithin = (workflowId: string, args: LatestRunsArgs, history: Context['history'], earlierCount = 0) =>
  history.within({ workflowId, count: checkLast(args.last), window: runWindow(args), earlierCount });

type LatestRunsArgs = Parameters<typeof runWindow>[0] & { readonly last: number };

/** A field from the upstream's list of workflows. */
const ofList = <Key extends keyof WorkflowRecord>(key: Key) =>
  ({
    readsWorkflows: true,
    resolve: async ({ id }: WorkflowRef, _args: object, { workflows }: Context): Promise<WorkflowRecord[Key]> =>
      (await workflows().find(id))[key],
  }) as const;

/** Loads the steps of each run, and the workflow's version. */
const CHANGES = {
  calls: (given: ArgumentValues) => statisticsCalls(given) + runsInStatistics(given),
  readsWorkflows: true,
} as const;

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
  upstreamUrl: { resolve: ({ id }, _args, { upstreamUrls }) => upstreamUrls.ofWorkflow(id) },

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
    async resolve({ id: workflowId }, args, { history }) {
      const { records } = await runsWithin(workflowId, args, history);
      return { ...runStatistics(records), workflowId, runIds: records.map((record) => record.id) };
    },
  },

  failureGroups: {
    calls: failureGroupCalls,
    items: runsInStatistics,
    objects: ASSUMED_LIST_SIZE,
    async resolve({ id: workflowId }, args, context) {
      const found = await runsWithin(workflowId, args, context.history, RUNS_WITHOUT);
      return listOf(await groupsOf({ ...found, workflowId }, furtherRuns(1), context));
    },
  },

  changePoints: {
    ...CHANGES,
    items: runsInStatistics,
    objects: ASSUMED_LIST_SIZE,
    async resolve({ id }, { last }, context) {
      const { points, errors } = await workflowChanges(id, checkLast(last), context);
      // As items of the list they become null with these errors. The generated types do not allow an Error in a list.
      return [...points, ...(errors as readonly object[] as typeof points)];
    },
  },

  changeCoverage: {
    ...CHANGES,
    resolve: async ({ id }, { last }, context) => (await workflowChanges(id, checkLast(last), context)).coverage,
  },

  trend: {
    calls: statisticsCalls,
    items: runsInStatistics,
    objects: bucketCount,
    async resolve({ id: workflowId }, { buckets, ...args }, { history, prices }) {
      const count = checkBuckets(buckets);
      const { records, isWhole } = await runsWithin(workflowId, args, history);
      const trend = trendOf(records, count, { ...runWindow(args), isWhole });
      // Once for all buckets, so that the work of several buckets does not add up in one turn.
      let usages: Promise<readonly (UsageTrend | null)[]> | undefined;
      const usageAt = async (at: number) => {
        usages ??= inPieces(
          usageTrends(
            trend.map((bucket) => bucket.records),
            prices,
          ),
        );
        return (await usages)[at] ?? null;
      };
      return trend.map((bucket, at) => ({ ...bucket, workflowId, usage: () => usageAt(at) }));
    },
  },
};
