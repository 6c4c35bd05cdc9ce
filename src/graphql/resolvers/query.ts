import { checkId } from '../../upstream/ids.ts';
import type { QueryResolvers } from '../generated/resolvers.ts';
import { runNeeds } from '../needs.ts';

export const query: QueryResolvers = {
  workflow: (_root, { id }) => ({ id: checkId('workflow id', id) }),
  run: (_root, { workflowId, id }, { runs }, info) => runs.load({ workflowId, runId: id }, runNeeds(info)),
};
