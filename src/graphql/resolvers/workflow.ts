import { runStatistics } from '../../domain/workflow/statistics.ts';
import type { WorkflowRecord } from '../../domain/types.ts';
import type { LookBack } from '../../runs/history/run-history.ts';
import type { GatewayError } from '../../upstream/errors.ts';
import { checkFirst, checkIdCount, checkLast, runFilter, timeWindow } from '../arguments.ts';
import { runPage } from '../lists/connections.ts';
import type { Context } from '../context.ts';
import { readRunCursor } from '../lists/cursors.ts';
import type { FieldTable } from '../fields/field-table.ts';
import type { WorkflowRef } from '../object-references.ts';
import { settleAll } from '../lists/settle.ts';
import { trendIn } from '../figures/trend.ts';
import { workflowChanges } from '../triage/changes.ts';
import { lookBackFrom } from '../triage/examination.ts';
import { findFailureGroups } from '../triage/failure-groups.ts';
import { workflowShifts } from '../triage/shifts.ts';

/** Latest runs selected by the arguments of a field. */
const runsWithin = (workflowId: string, args: LatestRunsArgs, history: Context['history'], lookBack?: LookBack) =>
  history.within({ workflowId, count: checkLast(args.last), window: timeWindow(args), ...(lookBack && { lookBack }) });

type LatestRunsArgs = Parameters<typeof timeWindow>[0] & { readonly last: number };

/** Whether the operation may load no more calls or bytes. */
const isLimit = ({ code }: GatewayError): boolean => code === 'UPSTREAM_BUDGET_EXCEEDED' || code === 'ANSWER_TOO_LARGE';

/** A field from the upstream's list of workflows. */
const ofList = <Key extends keyof WorkflowRecord>(key: Key) =>
  ({
    resolve: async ({ id }: WorkflowRef, _args: object, { workflows }: Context): Promise<WorkflowRecord[Key]> =>
      (await workflows().find(id))[key],
  }) as const;

export const workflow: FieldTable<'Workflow'> = {
  name: ofList('name'),
  description: ofList('description'),
  status: ofList('status'),
  version: ofList('version'),
  isPublic: ofList('isPublic'),
  organizationId: ofList('organizationId'),
  createdAt: ofList('createdAt'),
  updatedAt: ofList('updatedAt'),
  updatedBy: ofList('updatedBy'),
  graph: ofList('graph'),
  mayExecute: { resolve: ({ id }, _args, context) => context.mayWrite('execute', id) },
  upstreamUrl: { resolve: ({ id }, _args, { links }) => links.toUpstreamWorkflow(id) },

  run: {
    resolve: ({ id: workflowId }, { id }, { runs, requirement }, info) =>
      runs().load({ workflowId, runId: id }, requirement(info)),
  },

  runsById: {
    resolve: ({ id: workflowId }, { ids }, { runs, requirement }, info) =>
      settleAll(checkIdCount(ids), (runId) => runs().load({ workflowId, runId }, requirement(info))),
  },

  runs: {
    async resolve({ id: workflowId }, { first, after, filter }, { history, nowMs }) {
      const size = checkFirst(first);
      const position = after == null ? null : readRunCursor(after);
      const page = await history.page({ workflowId, first: size, after: position, filter: runFilter(filter, nowMs) });
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
    async resolve({ id: workflowId }, { orderBy, ...args }, context, info) {
      const end = args.startedBefore?.epochMicros ?? context.nowMs * 1000;
      const found = await runsWithin(workflowId, args, context.history, lookBackFrom(end));
      return findFailureGroups([{ ...found, workflowId }], orderBy, context, info);
    },
  },

  changePoints: {
    async resolve({ id }, { last }, context, info) {
      const changes = await workflowChanges(id, checkLast(last), context);
      for (const error of changes.errors) if (!isLimit(error)) context.reported.add(error, info, id);
      return changes;
    },
  },

  shifts: { resolve: ({ id }, { last }, context) => workflowShifts(id, checkLast(last), context) },

  trend: { resolve: ({ id }, args, context) => trendIn(id, args, context) },
};
