import { conversationOf } from '../../domain/conversation/conversation.ts';
import type { Conversation } from '../../domain/conversation/message.ts';
import { stepCost } from '../../domain/cost/cost.ts';
import type { Step } from '../../domain/types.ts';
import { stepTokenUsage } from '../../domain/run/tokens.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { intFields } from '../fields/int-fields.ts';
import { MODEL_CALL, payloadValue, readPayload } from '../payloads.ts';

function readConversation({ payload }: Step): Conversation | null {
  return conversationOf(readPayload(payload, 'inputs'), readPayload(payload, 'outputs'));
}

export const step: FieldTable<'Step'> = {
  id: {},
  runId: {},
  workflowId: {},
  nodeId: {},
  node: {
    readsWorkflows: true,
    async resolve({ workflowId, nodeId }, _args, { workflows }) {
      const graph = (await workflows().known()).get(workflowId)?.graph;
      return graph?.nodes.find((node) => node.id === nodeId) ?? null;
    },
  },
  userId: {},
  organizationId: {},
  status: {},
  rawStatus: {},
  isFinished: {},
  startTime: {},
  endTime: {},
  ...intFields('elapsedTime', 'tokens'),
  durationMs: {},
  durationSource: {},
  clockSkewDetected: {},
  offsetMs: {},
  gapBeforeMs: {},
  shareOfRun: {},
  error: {},
  errorInfo: { resolve: ({ error }, _args, context) => context.errorInfo(error) },
  inputs: { resolve: ({ payload }, { path }, context) => payloadValue(payload, 'inputs', path, context) },
  outputs: { resolve: ({ payload }, { path }, context) => payloadValue(payload, 'outputs', path, context) },
  inputsSizeBytes: { resolve: ({ payload }) => payload.inputs?.sizeBytes ?? 0 },
  outputsSizeBytes: { resolve: ({ payload }) => payload.outputs?.sizeBytes ?? 0 },
  metadata: { resolve: ({ payload }, _args, context) => payloadValue(payload, 'metadata', null, context) },
  tokenUsage: {
    resolve: (step, _args, { readings }) => readings.takeFigures(step.payload, MODEL_CALL, () => stepTokenUsage(step)),
  },
  estimatedCost: {
    resolve: (step, _args, { prices, readings }) =>
      prices && readings.takeFigures(step.payload, MODEL_CALL, () => stepCost(step, prices)),
  },
  conversation: {
    resolve: (step, _args, { readings, conversation }) =>
      readings.take(step.payload, MODEL_CALL, () => conversation(step.payload, () => readConversation(step))),
  },
  attempt: {},
  attemptCount: {},
  attemptKind: {},
  previousAttempt: {},
};
