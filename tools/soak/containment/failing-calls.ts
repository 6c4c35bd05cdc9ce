/** An upstream whose calls can fail for each key. */
import { HISTORIES, oddRuns } from '../../../test/harness/odd-runs.ts';
import type { Fault } from '../../../test/harness/quick-faults.ts';
import type { Endpoint, Reply, Script } from '../../../test/harness/upstream.ts';
import { wireRun, wireStep } from '../../../test/harness/wire.ts';

/** A call by its endpoint, workflow and run: `steps wf r1`, `runs wf`, `workflows`. */
export const callOf = (endpoint: Endpoint, workflowId = '', runId = ''): string =>
  [endpoint, workflowId, runId].filter((part) => part !== '').join(' ');

/** Faults by call. */
export type Failures = ReadonlyMap<string, Fault>;

export const historyOf = (workflowId: string): readonly string[] => HISTORIES[workflowId] ?? [];
export const hasRecord = (runId: string): boolean => runId !== 'r3';
/** Whether the field comes from the steps because the record doesn't have an end. */
export const leavesToSteps = (runId: string, field: string): boolean =>
  runId === 'broken' && ['endedAt', 'wallClockMs'].includes(field);

/** The run `broken` has a failed step and a record without an end. */
const BROKEN: Readonly<Partial<Record<Endpoint, Reply>>> = {
  run: { json: [wireRun('broken', { end_time: null })] },
  steps: {
    json: [
      wireStep({ id: 's1' }),
      wireStep({ id: 's2', node_id: 'send', status: 'failed', error: '{"message":"no","code":7}', outputs: null }),
    ],
  },
};
const everything: Script = (call) => (call.runId === 'broken' ? BROKEN[call.endpoint] : undefined) ?? oddRuns(call);

/** The faults of each key. An unknown key has none. */
export interface FailingCalls {
  readonly script: Script;
  fail(key: string, failures: Failures): void;
  /** An empty list of workflows, and so no graph. */
  withoutWorkflows(key: string): void;
}

export function createFailingCalls(): FailingCalls {
  const failing = new Map<string, Failures>();
  const withoutWorkflows = new Set<string>();
  return {
    script(call) {
      const { endpoint, workflowId, runId, key = '' } = call;
      if (endpoint === 'workflows' && withoutWorkflows.has(key)) return { json: [] };
      const fault = failing.get(key)?.get(callOf(endpoint, workflowId, runId));
      return fault ? fault.reply(call) : everything(call);
    },
    fail: (key, failures) => void failing.set(key, failures),
    withoutWorkflows: (key) => void withoutWorkflows.add(key),
  };
}
