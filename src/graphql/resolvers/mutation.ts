import { checkInputs } from '../arguments.ts';
import type { MutationResolvers } from '../generated/resolvers.ts';

export const mutation: MutationResolvers = {
  async executeWorkflow(_root, { workflowId, inputs = null }, { startRun }) {
    const { runId, message } = await startRun(workflowId, checkInputs(inputs));
    return { workflowId, runId, message };
  },
};
