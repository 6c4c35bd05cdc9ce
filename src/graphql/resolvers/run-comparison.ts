import type { Run } from '../../domain/types.ts';
import type { RunComparisonResolvers } from '../generated/resolvers.ts';
import { runRequirement } from '../data-requirements.ts';

const refOf = ({ workflowId, id }: Run) => ({ workflowId, runId: id });

/** The runs were compared by their steps alone. What is read of them may need the graph too; nothing is fetched twice. */
export const runComparison: RunComparisonResolvers = {
  base: ({ base }, _args, { runs }, info) => runs().load(refOf(base), runRequirement(info)),
  head: ({ head }, _args, { runs }, info) => runs().load(refOf(head), runRequirement(info)),
};
