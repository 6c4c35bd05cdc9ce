import { errorInfo } from '../../domain/step/step-error.ts';
import { stepTokenUsage } from '../../domain/run/tokens.ts';
import { pick, sizeBytes } from '../arguments.ts';
import type { StepResolvers } from '../generated/resolvers.ts';

export const step: StepResolvers = {
  async node({ workflowId, nodeId }, _args, { workflows }) {
    const graph = (await workflows().known()).get(workflowId)?.graph;
    return graph?.nodes.find((node) => node.id === nodeId) ?? null;
  },
  errorInfo: ({ error }) => errorInfo(error),
  inputs: ({ payload }, { path }) => pick(payload().inputs, path),
  outputs: ({ payload }, { path }) => pick(payload().outputs, path),
  inputsSizeBytes: ({ payload }) => sizeBytes(payload().inputs),
  outputsSizeBytes: ({ payload }) => sizeBytes(payload().outputs),
  metadata: ({ payload }) => payload().metadata,
  tokenUsage: (step) => stepTokenUsage(step),
};
