import { compareRuns } from '../../domain/run/comparison.ts';
import { checkId } from '../../upstream/ids.ts';
import { checkFirst } from '../arguments.ts';
import { workflowPage } from '../connections.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { pageSize } from '../fields/list-sizes.ts';

export const query: FieldTable<'Query'> = {
  workflow: { resolve: (_root, { id }) => ({ id: checkId('workflow id', id) }) },

  workflows: {
    readsWorkflows: true,
    items: pageSize,
    async resolve(_root, { first, after = null, search = null }, { workflows }) {
      const size = checkFirst(first);
      return workflowPage([...(await workflows().list()).values()], { first: size, after, search });
    },
  },

  run: {
    calls: (_given, run) => run.byId(),
    resolve: (_root, { workflowId, id }, { runs, requirement }, info) =>
      runs().load({ workflowId, runId: id }, requirement(info)),
  },

  compareRuns: {
    calls: (_given, run) => 2 * run.withSteps(),
    async resolve(_root, { workflowId, baseId, headId }, { runs }) {
      const load = async (runId: string) => runs().load({ workflowId, runId }, 'STEPS');
      const [base, head] = await Promise.all([load(baseId), load(headId)]);
      return compareRuns(base, head);
    },
  },
};
