import { checkId } from '../../upstream/ids.ts';
import { checkFirst, checkLast, checkSearch, runFilter, timeWindow } from '../arguments.ts';
import { readFetchId } from '../fetch-ids.ts';
import { recentRunsPage, workflowPage } from '../lists/connections.ts';
import { readRecentCursor } from '../lists/cursors.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { mostOverdueFirst, overdueRuns } from '../figures/expectations.ts';
import { settleAll } from '../lists/settle.ts';
import { usageIn } from '../figures/trend.ts';
import { readable, runsOfEach, severalWorkflows } from '../lists/several-workflows.ts';
import { comparisonOf } from '../triage/comparisons.ts';
import { lookBackFrom } from '../triage/examination.ts';
import { findFailureGroups, latestOfAll } from '../triage/failure-groups.ts';

const workflow: FieldTable<'Query'>['workflow'] = { resolve: (_root, { id }) => ({ id: checkId('workflow id', id) }) };

export const query: FieldTable<'Query'> = {
  workflow,
  fetch__Workflow: workflow,

  workflows: {
    async resolve(_root, { first, after = null, search = null }, { workflows }) {
      const request = { first: checkFirst(first), after, search: checkSearch(search) };
      return workflowPage([...(await workflows().list()).values()], request);
    },
  },

  run: {
    resolve: (_root, { workflowId, id }, { runs, requirement }, info) =>
      runs().load({ workflowId, runId: id }, requirement(info)),
  },

  fetch__Run: {
    resolve: (_root, { fetchId }, { runs, requirement }, info) => runs().load(readFetchId(fetchId), requirement(info)),
  },

  recentRuns: {
    async resolve(_root, { first, after, filter, workflowIds }, { history, workflows, reported, nowMs }, info) {
      const size = checkFirst(first);
      const ids = await severalWorkflows(workflowIds, workflows);
      const position = after == null ? null : readRecentCursor(after, ids);
      const request = { workflowIds: ids, first: size, after: position, filter: runFilter(filter, nowMs) };
      const page = await history.recent(request);
      for (const { workflowId, error } of page.unavailable) reported.add(error, info, workflowId);
      return recentRunsPage(page, position === null);
    },
  },

  failureGroups: {
    async resolve(_root, { workflowIds, startedAfter = null, last, orderBy }, context, info) {
      const window = timeWindow({ startedAfter });
      const count = checkLast(last);
      const ids = await severalWorkflows(workflowIds, context.workflows);
      const lookBack = lookBackFrom(context.nowMs * 1000);
      const countOfEach = runsOfEach(count, ids.length);
      const found = await readable(ids, context.reported, info, async (workflowId) => ({
        ...(await context.history.within({ workflowId, count: countOfEach, window, lookBack })),
        workflowId,
      }));
      return findFailureGroups(latestOfAll(found, count), orderBy, context, info);
    },
  },

  overdueRuns: {
    async resolve(_root, { workflowIds, first }, context, info) {
      const size = checkFirst(first);
      const ids = await severalWorkflows(workflowIds, context.workflows);
      const overdue = await readable(ids, context.reported, info, (id) => overdueRuns(id, ids.length, context));
      const shown = overdue.flat().sort(mostOverdueFirst).slice(0, size);
      return settleAll(shown, ({ ref }) => context.runs().load(ref, context.requirement(info)));
    },
  },

  usage: {
    async resolve(_root, { workflowIds, ...args }, context, info) {
      const ids = await severalWorkflows(workflowIds, context.workflows);
      const last = runsOfEach(checkLast(args.last), ids.length);
      return usageIn(ids, { ...args, last, buckets: 1 }, context, info);
    },
  },

  compareRuns: { resolve: (_root, runs, context) => comparisonOf(runs, context) },
};
