import type { ExecuteWorkflowPayloadResolvers } from '../generated/resolvers.ts';
import { runNeeds } from '../needs.ts';

export const executeWorkflowPayload: ExecuteWorkflowPayloadResolvers = {
  run: ({ workflowId, runId }, _args, { runs }, info) => runs().loadStarted({ workflowId, runId }, runNeeds(info)),
};
