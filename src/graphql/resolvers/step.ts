import { conversationOf } from '../../domain/conversation/conversation.ts';
import type { Conversation } from '../../domain/conversation/message.ts';
import { stepCost } from '../../domain/cost/cost.ts';
import type { PayloadField, Step, StepPayload } from '../../domain/types.ts';
import { stepTokenUsage } from '../../domain/run/tokens.ts';
import { payloadBytes, readPayload } from '../../upstream/payload.ts';
import { pick } from '../arguments.ts';
import type { Context } from '../context.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { intFields } from '../fields/int-fields.ts';

function payloadOf({ payload }: Step, { admitReading }: Context): StepPayload {
  admitReading(payload.textBytes ?? 0);
  return payload();
}

function readConversation(step: Step, context: Context): Conversation | null {
  const payload = payloadOf(step, context);
  return conversationOf(readPayload(payload, 'inputs'), readPayload(payload, 'outputs'));
}

const conversationIn = (step: Step, context: Context): Conversation | null =>
  context.conversation(step.payload, () => readConversation(step, context));

const payloadValue = (step: Step, field: PayloadField, path: string | null | undefined, context: Context) =>
  context.readings.take(step.payload, () =>
    pick(readPayload(payloadOf(step, context), field), path, context.budgets.paths),
  );

const bytesOf = (step: Step, field: PayloadField, context: Context) =>
  context.readings.take(step.payload, () => payloadBytes(step.payload, field, () => payloadOf(step, context)));

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
  inputs: { resolve: (step, { path }, context) => payloadValue(step, 'inputs', path, context) },
  outputs: { resolve: (step, { path }, context) => payloadValue(step, 'outputs', path, context) },
  inputsSizeBytes: { resolve: (step, _args, context) => bytesOf(step, 'inputs', context) },
  outputsSizeBytes: { resolve: (step, _args, context) => bytesOf(step, 'outputs', context) },
  metadata: { resolve: (step, _args, context) => payloadValue(step, 'metadata', null, context) },
  tokenUsage: {
    resolve: (step, _args, { readings }) => readings.take(step.payload, () => stepTokenUsage(step)),
  },
  estimatedCost: {
    resolve: (step, _args, { prices, readings }) => prices && readings.take(step.payload, () => stepCost(step, prices)),
  },
  conversation: {
    resolve: (step, _args, context) => context.readings.take(step.payload, () => conversationIn(step, context)),
  },
  attempt: {},
  attemptCount: {},
  attemptKind: {},
  previousAttempt: {},
};
