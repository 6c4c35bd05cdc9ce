import { RUNS_WITHOUT } from '../../domain/run/group-history.ts';
import { runStatistics } from '../../domain/run/statistics.ts';
import type { WorkflowRecord } from '../../domain/types.ts';
import { checkFirst, checkIdCount, checkLast, runFilter, runWindow } from '../arguments.ts';
import { runPage } from '../lists/connections.ts';
import type { Context } from '../context.ts';
import { readRunCursor } from '../lists/cursors.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { furtherRuns } from '../fields/list-sizes.ts';
import type { WorkflowRef } from '../object-references.ts';
import { groupsOf, listOf } from '../lists/failure-groups.ts';
import { settleAll } from '../lists/settle.ts';
import { trendIn } from '../lists/trend.ts';
import { workflowChanges } from '../workflow-changes.ts';

/** Latest runs selected by the arguments of a figure. */
const runsWithin = (workflowId: string, args: LatestRunsArgs, history: Context['history'], earlierCount = 0) =>
  history.within({ workflowId, count: checkLast(args.last), window: runWindow(args), earlierCount });

type LatestRunsArgs = Parameters<typeof runWindow>[0] & { readonly last: number };

/** A field from the upstream's list of workflows. */
const ofList = <Key extends keyof WorkflowRecord>(key: Key) =>
  ({
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
  upstreamUrl: { resolve: ({ id }, _args, { upstreamUrls }) => upstreamUrls.ofWorkflow(id) },

  run: {
    resolve: ({ id: workflowId }, { id }, { runs, requirement }, info) =>
      runs().load({ workflowId, runId: id }, requirement(info)),
  },

  runsById: {
    resolve: ({ id: workflowId }, { ids }, { runs, requirement }, info) =>
      settleAll(checkIdCount(ids), (runId) => runs().load({ workflowId, runId }, requirement(info))),
  },

  runs: {
    async resolve({ id: workflowId }, { first, after, filter }, { history }) {
      const size = checkFirst(first);
      const position = after == null ? null : readRunCursor(after);
      const page = await history.page({ workflowId, first: size, after: position, filter: runFilter(filter) });
      return runPage(workflowId, page, position === null);
    },
  },

  statistics: {
    async resolve({ id: workflowId }, args, { history }) {
      const { records } = await runsWithin(workflowId, args, history);
      return { ...runStatistics(records), workflowId, runIds: records.map((record) => record.id) };
    },
  },

  failureGroups: {
    async resolve({ id: workflowId }, args, context) {
      const found = await runsWithin(workflowId, args, context.history, RUNS_WITHOUT);
      return listOf(await groupsOf({ ...found, workflowId }, furtherRuns(1), context));
    },
  },

  changePoints: {
    async resolve({ id }, { last }, context) {
      const { points, errors } = await workflowChanges(id, checkLast(last), context);
      // As items of the list they become null with these errors. The generated types do not allow an Error in a list.
      return [...points, ...(errors as readonly object[] as typeof points)];
    },
  },

  changeCoverage: {
    resolve: async ({ id }, { last }, context) => (await workflowChanges(id, checkLast(last), context)).coverage,
  },

  trend: { resolve: ({ id }, args, context) => trendIn(id, args, context) },
};
