import { errorInfo } from '../../domain/step/step-error.ts';
import { stepTokenUsage } from '../../domain/run/tokens.ts';
import { payloadBytes, readPayload } from '../../upstream/payload.ts';
import { pick } from '../arguments.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { intFields } from '../fields/int-fields.ts';

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
  errorInfo: { resolve: ({ error }) => errorInfo(error) },
  inputs: {
    resolve: ({ payload }, { path }, { pathBudget }) => pick(readPayload(payload(), 'inputs'), path, pathBudget()),
  },
  outputs: {
    resolve: ({ payload }, { path }, { pathBudget }) => pick(readPayload(payload(), 'outputs'), path, pathBudget()),
  },
  inputsSizeBytes: { resolve: ({ payload }) => payloadBytes(payload(), 'inputs') },
  outputsSizeBytes: { resolve: ({ payload }) => payloadBytes(payload(), 'outputs') },
  metadata: { resolve: ({ payload }) => readPayload(payload(), 'metadata') },
  tokenUsage: { resolve: (step) => stepTokenUsage(step) },
  attempt: {},
  attemptCount: {},
  attemptKind: {},
  previousAttempt: {},
};
