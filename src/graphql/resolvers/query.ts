import { compareRuns } from '../../domain/run/comparison.ts';
import { checkId } from '../../upstream/ids.ts';
import { checkFirst } from '../arguments.ts';
import { workflowPage } from '../connections.ts';
import type { QueryResolvers } from '../generated/resolvers.ts';
import { runRequirement } from '../data-requirements.ts';

export const query: QueryResolvers = {
  workflow: (_root, { id }) => ({ id: checkId('workflow id', id) }),

  async workflows(_root, { first, after = null, search = null }, { workflows }) {
    const size = checkFirst(first);
    return workflowPage([...(await workflows().list()).values()], { first: size, after, search });
  },

  run: (_root, { workflowId, id }, { runs }, info) => runs().load({ workflowId, runId: id }, runRequirement(info)),

  async compareRuns(_root, { workflowId, baseId, headId }, { runs }) {
    const [base, head] = await Promise.all(
      [baseId, headId].map(async (runId) => runs().load({ workflowId, runId }, 'STEPS')),
    );
    return base && head ? compareRuns(base, head) : null;
  },
};
