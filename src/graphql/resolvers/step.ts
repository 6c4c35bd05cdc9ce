import { conversationOf } from '../../domain/conversation/conversation.ts';
import type { Conversation } from '../../domain/conversation/message.ts';
import { stepCost } from '../../domain/cost/cost.ts';
import type { PayloadValues, Step } from '../../domain/types.ts';
import type { Context } from '../context.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { intFields } from '../fields/int-fields.ts';
import { payloadSize, payloadValue, readable } from '../payloads.ts';

function readConversation(values: PayloadValues, { payload }: Step, context: Context): Conversation | null {
  return conversationOf(readable(values, payload, 'inputs', context), readable(values, payload, 'outputs', context));
}

export const step: FieldTable<'Step'> = {
  node: {
    async resolve({ workflowId, nodeId }, _args, { workflows }) {
      const graph = (await workflows().known()).get(workflowId)?.graph;
      return graph?.nodes.find((node) => node.id === nodeId) ?? null;
    },
  },
  ...intFields('elapsedTime', 'tokens'),
  errorInfo: { resolve: ({ error }, _args, context) => context.errorInfo(error) },
  inputs: { resolve: ({ payload }, { path }, context) => payloadValue(payload, 'inputs', path, context) },
  outputs: { resolve: ({ payload }, { path }, context) => payloadValue(payload, 'outputs', path, context) },
  inputsSizeBytes: { resolve: ({ payload }, _args, context) => payloadSize(payload, 'inputs', context) },
  outputsSizeBytes: { resolve: ({ payload }, _args, context) => payloadSize(payload, 'outputs', context) },
  metadata: { resolve: ({ payload }, _args, context) => payloadValue(payload, 'metadata', null, context) },
  estimatedCost: { resolve: (step, _args, { prices }) => prices && stepCost(step, prices) },
  conversation: {
    resolve: (step, _args, context) =>
      context.payloads.read(step.payload, (values) =>
        context.conversation(step.payload, () => readConversation(values, step, context)),
      ),
  },
};
