import type { ExecuteWorkflowPayloadResolvers } from '../generated/resolvers.ts';
import { runRequirement } from '../data-requirements.ts';

export const executeWorkflowPayload: ExecuteWorkflowPayloadResolvers = {
  run: ({ workflowId, runId }, _args, { runs }, info) =>
    runs().loadStarted({ workflowId, runId }, runRequirement(info)),
};
