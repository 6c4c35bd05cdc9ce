/** Variables with which every example operation has an answer of the embedded upstream. */
export const VARIABLES = {
  workflowId: 'support-triage',
  runId: 'run-4711',
  runIds: ['run-4711', 'run-4712'],
  nodeIds: ['sentiment', 'classify'],
  baseId: 'run-4711',
  headId: 'run-4712',
  startedAfter: '2026-11-17T12:00:00Z',
  startedBefore: '2026-11-24T12:00:00Z',
  inputs: { subject: 'Checkout is down' },
};
