/** The embedded upstream has runs of 14 days before this one. */
const today = new Date().setUTCHours(0, 0, 0, 0);
const daysAgo = (days: number): string => new Date(today - days * 86_400_000).toISOString();

/** Variables with which every example operation has an answer of the embedded upstream. */
export const VARIABLES = {
  workflowId: 'support-triage',
  runId: 'run-4711',
  runIds: ['run-4711', 'run-4712'],
  nodeIds: ['sentiment', 'classify'],
  baseId: 'run-4711',
  headId: 'run-4712',
  startedAfter: daysAgo(7),
  startedBefore: daysAgo(0),
  inputs: { subject: 'Checkout is down' },
};
