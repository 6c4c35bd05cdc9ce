import { nodeStatistics } from '../../domain/run/statistics.ts';
import type { WorkflowStatisticsResolvers } from '../generated/resolvers.ts';

export const workflowStatistics: WorkflowStatisticsResolvers = {
  async nodes({ workflowId, runIds }, _args, { runs }) {
    const loaded = await Promise.all(runIds.map((runId) => runs().loadIfThere({ workflowId, runId }, 'STEPS')));
    return nodeStatistics(loaded.filter((run) => run !== null));
  },
};
