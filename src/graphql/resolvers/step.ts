import { errorInfo } from '../../domain/step-error.ts';
import { stepTokenUsage } from '../../domain/tokens.ts';
import { pick, sizeBytes } from '../arguments.ts';
import type { StepResolvers } from '../generated/resolvers.ts';

export const step: StepResolvers = {
  async node({ workflowId, nodeId }, _args, { workflows }) {
    const graph = (await workflows().known()).get(workflowId)?.graph;
    return graph?.nodes.find((node) => node.id === nodeId) ?? null;
  },
  errorInfo: ({ error }) => errorInfo(error),
  inputs: ({ inputs }, { path }) => pick(inputs, path),
  outputs: ({ outputs }, { path }) => pick(outputs, path),
  inputsSizeBytes: ({ inputs }) => sizeBytes(inputs),
  outputsSizeBytes: ({ outputs }) => sizeBytes(outputs),
  tokenUsage: (step) => stepTokenUsage(step),
};
