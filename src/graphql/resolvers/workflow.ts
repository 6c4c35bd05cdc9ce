import { checkIdCount } from '../arguments.ts';
import type { WorkflowResolvers } from '../generated/resolvers.ts';
import { runNeeds } from '../needs.ts';

export const workflow: WorkflowResolvers = {
  run: ({ id: workflowId }, { id }, { runs }, info) => runs.load({ workflowId, runId: id }, runNeeds(info)),
  runsById: ({ id: workflowId }, { ids }, { runs }, info) =>
    checkIdCount(ids).map((runId) => runs.load({ workflowId, runId }, runNeeds(info))),
};
