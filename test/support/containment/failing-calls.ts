/** An upstream whose calls can fail for each key, and the kinds of faults. */
import type { Call, Endpoint, Reply, Script } from '../../harness/faulty-upstream.ts';
import { HISTORIES, oddRuns } from '../../harness/odd-runs.ts';
import { wireRun, wireStep } from '../../harness/wire.ts';

export interface Fault {
  readonly reply: (call: Call) => Reply | Promise<Reply>;
  /** The code of the error at a field that needs the call. */
  readonly code: string;
  /** True if the upstream has refused the key: then nothing of the call's run is served. */
  readonly isDenial?: true;
}

const answer = (reply: Reply) => () => reply;
const violation = (reply: Reply): Fault => ({ reply: answer(reply), code: 'UPSTREAM_CONTRACT_VIOLATION' });

/** Faults that are answered at once and not tried again. */
export const QUICK_FAULTS = {
  'HTTP 500': { reply: answer({ status: 500 }), code: 'UPSTREAM_UNAVAILABLE' },
  'HTTP 404': { reply: answer({ status: 404, json: {} }), code: 'NOT_FOUND' },
  'HTTP 401': { reply: answer({ status: 401 }), code: 'UNAUTHENTICATED', isDenial: true },
  'HTTP 403': { reply: answer({ status: 403 }), code: 'FORBIDDEN', isDenial: true },
  'HTTP 400': { reply: answer({ status: 400 }), code: 'BAD_USER_INPUT' },
  'HTTP 429': { reply: answer({ status: 429, headers: { 'retry-after': '60' } }), code: 'RATE_LIMITED' },
  'a redirect': violation({ status: 302, headers: { location: 'http://elsewhere.test/' } }),
  'no JSON': violation({ raw: '<html>out of order</html>', headers: { 'content-type': 'text/html' } }),
  'half an answer': violation({ raw: '[{"id":"r1"' }),
  'a wrong shape': violation({ json: 'out of order' }),
} as const satisfies Readonly<Record<string, Fault>>;

/** A call by its endpoint, workflow and run: `steps wf r1`, `runs wf`, `workflows`. */
export const callOf = (endpoint: Endpoint, workflowId = '', runId = ''): string =>
  [endpoint, workflowId, runId].filter((part) => part !== '').join(' ');

/** Faults by call. */
export type Failures = ReadonlyMap<string, Fault>;

export const historyOf = (workflowId: string): readonly string[] => HISTORIES[workflowId] ?? [];
export const hasRecord = (runId: string): boolean => runId !== 'r3';
/** True for fields that come from the steps because the record lacks its end. */
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
