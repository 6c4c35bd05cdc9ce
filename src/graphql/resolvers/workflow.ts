import type { WorkflowRecord } from '../../domain/types.ts';
import { runStatistics } from '../../domain/run/statistics.ts';
import { checkFirst, checkIdCount, checkLast } from '../arguments.ts';
import { runPage } from '../connections.ts';
import type { Context } from '../context.ts';
import { readRunCursor } from '../cursors.ts';
import type { WorkflowResolvers } from '../generated/resolvers.ts';
import type { WorkflowRef } from '../object-references.ts';
import { runRequirement } from '../data-requirements.ts';
import { settleAll } from '../settle.ts';

/** A field that the upstream's list of workflows tells. */
const told =
  <Key extends keyof WorkflowRecord>(key: Key) =>
  async ({ id }: WorkflowRef, _args: object, { workflows }: Context): Promise<WorkflowRecord[Key]> =>
    (await workflows().find(id))[key];

export const workflow: WorkflowResolvers = {
  name: told('name'),
  description: told('description'),
  status: told('status'),
  version: told('version'),
  isPublic: told('isPublic'),
  organizationId: told('organizationId'),
  createdAt: told('createdAt'),
  updatedAt: told('updatedAt'),
  graph: told('graph'),

  run: ({ id: workflowId }, { id }, { runs }, info) => runs().load({ workflowId, runId: id }, runRequirement(info)),

  runsById: ({ id: workflowId }, { ids }, { runs }, info) =>
    settleAll(checkIdCount(ids), (runId) => runs().load({ workflowId, runId }, runRequirement(info))),

  async runs({ id: workflowId }, { first, after, filter }, { history }) {
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

  async statistics({ id: workflowId }, { last }, { history }) {
    const records = await history.latest(workflowId, checkLast(last));
    return { ...runStatistics(records), workflowId, runIds: records.map((record) => record.id) };
  },
};
