import { stepCost } from '../../domain/cost/cost.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { checkInt, intFields } from '../fields/int-fields.ts';
import { payloadSize, payloadValue } from '../payloads.ts';

export const step: FieldTable<'Step'> = {
  node: {
    async resolve({ workflowId, nodeId }, _args, { workflows }) {
      const graph = (await workflows().known()).get(workflowId)?.graph;
      return graph?.nodes.find((node) => node.id === nodeId) ?? null;
    },
  },
  ...intFields('elapsedTime', 'tokens'),
  itemAttempt: { resolve: ({ itemAttempt }) => checkInt(itemAttempt, 'itemAttempt') },
  errorInfo: { resolve: ({ error }, _args, context) => context.errorInfo(error) },
  inputs: { resolve: ({ payload }, { path }, context) => payloadValue(payload, 'inputs', path, context) },
  outputs: { resolve: ({ payload }, { path }, context) => payloadValue(payload, 'outputs', path, context) },
  inputsSizeBytes: { resolve: ({ payload }, _args, context) => payloadSize(payload, 'inputs', context) },
  outputsSizeBytes: { resolve: ({ payload }, _args, context) => payloadSize(payload, 'outputs', context) },
  metadata: { resolve: ({ payload }, _args, context) => payloadValue(payload, 'metadata', null, context) },
  availableActions: {
    resolve: ({ workflowId, isAnswerable }, _args, context) =>
      isAnswerable && context.mayWrite('resume', workflowId) ? ['RESUME'] : [],
  },
  waitingFor: { resolve: (step) => (step.status === 'WAITING' ? step : null) },
  estimatedCost: { resolve: (step, _args, { prices }) => prices && stepCost(step, prices) },
  conversation: {
    resolve: ({ payload }, _args, { payloads, conversation }) =>
      conversation(payload, () => payloads.ask(payload.body, { name: 'conversation', args: { index: payload.index } })),
  },
};

/** Its parent is the waiting step. */
export const waitRequest: FieldTable<'WaitRequest'> = {
  message: {
    async resolve({ payload }, _args, context) {
      const message = await payloadValue(payload, 'waitRequest', 'message', context);
      return typeof message === 'string' ? message : null;
    },
  },
  data: { resolve: ({ payload }, _args, context) => payloadValue(payload, 'waitRequest', 'data', context) },
  answerSchema: {
    resolve: ({ payload }, _args, context) => payloadValue(payload, 'waitRequest', 'answer_schema', context),
  },
};
