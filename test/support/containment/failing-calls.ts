/** An upstream of which a test may let any call fail, by the key that it is asked with; and the faults that it knows. */
import type { Call, Endpoint, Reply, Script } from '../../harness/faulty-upstream.ts';
import { wireWorkflow } from '../../harness/scripted-history.ts';
import { wireRun, wireStep, type Wire } from '../../harness/wire.ts';

export interface Fault {
  readonly reply: (call: Call) => Reply | Promise<Reply>;
  /** Of the error that a field has which needs the call. */
  readonly code: string;
  /** The upstream has refused the key: then nothing of a run is served that the call belongs to. */
  readonly isDenial?: true;
}

const answer = (reply: Reply) => () => reply;
const violation = (reply: Reply): Fault => ({ reply: answer(reply), code: 'UPSTREAM_CONTRACT_VIOLATION' });

/** Those that are answered at once and not tried again. */
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

/** By call. */
export type Failures = ReadonlyMap<string, Fault>;

const failed = { status: 'failed', error: '{"message":"no","code":7}', outputs: null };

/** Of each run that there is. Only `r3` has no record. */
const STEPS: Readonly<Record<string, readonly Wire[]>> = {
  r1: [
    wireStep({ ...failed, id: 's1' }),
    wireStep({ id: 's2', start_time: '2025-03-13T02:41:18Z', end_time: '2025-03-13T02:41:20Z' }),
    wireStep({ id: 's3', node_id: 'send', status: 'skipped', outputs: [1, { usage: null }], tokens: 12 }),
  ],
  r2: [
    wireStep({ id: 's1', end_time: '2025-03-13T02:41:00Z', elapsed_time: 2 ** 40, tokens: 2 ** 40, node_id: 'gone' }),
    wireStep({ id: 's2', status: 'odd', start_time: null, end_time: null, error: '', inputs: { x: [null] } }),
  ],
  r3: [wireStep({ id: 's1' })],
  broken: [wireStep({ id: 's1' }), wireStep({ id: 's2', node_id: 'send', ...failed })],
  h1: [wireStep({ id: 'h1-1' })],
  h2: [wireStep({ id: 'h2-1', ...failed }), wireStep({ id: 'h2-2', node_id: 'send' })],
  h3: [],
  o1: [wireStep({ id: 'o1-1' })],
  started: [wireStep({ id: 'started-1' })],
};

/** Newest first. No run is both in a list and known by id: else it would matter which call is answered first. */
const HISTORIES: Readonly<Record<string, readonly string[]>> = { wf: ['h1', 'h2', 'h3'], other: ['o1'] };

export const historyOf = (workflowId: string): readonly string[] => HISTORIES[workflowId] ?? [];
export const hasRecord = (runId: string): boolean => runId !== 'r3';
/** What a record that lacks its end leaves to the steps. */
export const leavesToSteps = (runId: string, field: string): boolean =>
  runId === 'broken' && ['endedAt', 'wallClockMs'].includes(field);

const recordOf = (runId: string): Wire => wireRun(runId, runId === 'broken' ? { end_time: null } : {});

const everything: Script = ({ endpoint, workflowId, runId }): Reply => {
  const steps = STEPS[runId];
  const history = HISTORIES[workflowId];
  switch (endpoint) {
    case 'workflows':
      return { json: [wireWorkflow('wf'), wireWorkflow('other', { graph: null })] };
    case 'runs':
      return history ? { json: history.map(recordOf) } : { status: 404, json: {} };
    case 'run':
      return steps ? { json: hasRecord(runId) ? [recordOf(runId)] : [] } : { status: 404, json: {} };
    case 'steps':
      return steps ? { json: steps } : { status: 404, json: {} };
    case 'execute':
      return { json: { run_id: 'started', message: 'started' } };
    case 'unknown':
      return { status: 404 };
  }
};

/** What fails for a key; everything is there for a key that it does not know. */
export interface FailingCalls {
  readonly script: Script;
  fail(key: string, failures: Failures): void;
  /** Without any workflow in the list, and so without any graph. */
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
