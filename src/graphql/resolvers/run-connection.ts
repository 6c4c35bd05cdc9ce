import type { RunConnectionResolvers, RunEdgeResolvers } from '../generated/resolvers.ts';
import { runRequirement } from '../data-requirements.ts';
import { settleAll } from '../settle.ts';

export const runConnection: RunConnectionResolvers = {
  nodes: ({ runs: listed }, _args, { runs }, info) =>
    settleAll(listed, (run) => runs().load(run, runRequirement(info))),
  edges: ({ runs: listed }) => listed,
};

export const runEdge: RunEdgeResolvers = {
  node: (listed, _args, { runs }, info) => runs().load(listed, runRequirement(info)),
};
