/** Cancelled runs and answered steps, over HTTP and by an embedder's functions. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamError, type Upstream, type UpstreamDone } from 'stepgate';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../harness/observed.ts';
import { healthy, startUpstream, type Call, type Reply, type ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const ENV = { UPSTREAM_ENDPOINTS: 'steps,run,runs,execute,cancel,resume', UPSTREAM_TIMEOUT_MS: '300' };
const CANCEL = `mutation Cancel($key: String, $id: ID! = "r1") {
  cancelRun(workflowId: "wf", id: $id, idempotencyKey: $key) { run { id } }
}`;
const RESUME = `mutation Resume($key: String, $answer: JSON = { approved: true }) {
  resumeStep(workflowId: "wf", runId: "r1", stepId: "s1", answer: $answer, idempotencyKey: $key) { run { id } step { id } }
}`;

/** What the upstream does with an action, over HTTP and as a function. */
interface Outcome {
  readonly name: string;
  readonly reply: Reply | 'timeout' | 'reset';
  readonly act: (signal: AbortSignal) => Promise<UpstreamDone | Uint8Array | undefined>;
  readonly code: string | null;
  readonly isUnknown?: true;
}

const fails = (status: number, fields?: { path: string; message: string }[]) => () =>
  Promise.reject(new UpstreamError(status, 'no', { ...(fields && { fields }) }));
const WRONG = [{ path: 'approved', message: 'must be a boolean' }];

const OUTCOMES: readonly Outcome[] = [
  { name: '200', reply: { json: { message: 'done' } }, act: () => Promise.resolve({ message: 'done' }), code: null },
  { name: '202 without content', reply: { status: 202, raw: '' }, act: () => Promise.resolve(undefined), code: null },
  { name: '204', reply: { status: 204 }, act: () => Promise.resolve({}), code: null },
  { name: '404', reply: { status: 404 }, act: fails(404), code: 'NOT_FOUND' },
  { name: '409', reply: { status: 409 }, act: fails(409), code: 'CONFLICT' },
  { name: '422', reply: { status: 422, json: { errors: WRONG } }, act: fails(422, WRONG), code: 'BAD_USER_INPUT' },
  { name: '429', reply: { status: 429 }, act: fails(429), code: 'RATE_LIMITED' },
  { name: '500', reply: { status: 500 }, act: fails(500), code: 'UPSTREAM_UNAVAILABLE', isUnknown: true },
  {
    ...{ name: 'no answer in time', reply: 'timeout', code: 'UPSTREAM_TIMEOUT', isUnknown: true },
    act: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('late'));
        });
      }),
  },
  {
    ...{ name: 'a reset connection', reply: 'reset', code: 'UPSTREAM_UNAVAILABLE', isUnknown: true },
    act: () => Promise.reject(new Error('reset')),
  },
  {
    ...{ name: 'an answer that is no JSON', reply: { raw: '<html>' }, isUnknown: true },
    act: () => Promise.resolve(Buffer.from('<html>')),
    code: 'UPSTREAM_CONTRACT_VIOLATION',
  },
];

const waitingStep = (extra: object = {}) => wireStep({ id: 's1', status: 'paused', end_time: null, ...extra });

let gateway: TestGateway | undefined;
let upstream: ScriptedUpstream | undefined;
afterEach(async () => {
  await gateway?.close();
  await upstream?.close();
  [gateway, upstream] = [undefined, undefined];
});

async function overHttp(reply: Outcome['reply']) {
  const scripted = await startUpstream(async (call) => {
    if (call.endpoint !== 'cancel' && call.endpoint !== 'resume') return healthy(call);
    if (reply === 'timeout') await call.cut;
    if (reply === 'timeout') return {};
    return reply === 'reset' ? { raw: '{"message":', cutAfter: 5 } : reply;
  });
  upstream = scripted;
  gateway = await startGateway({ upstream: scripted, env: ENV });
  return { gateway, calls: () => scripted.count('cancel') + scripted.count('resume') };
}

async function byFunctions(act: Outcome['act']) {
  const counted = { calls: 0 };
  const once = (_of: object, { signal }: { readonly signal: AbortSignal }) => {
    counted.calls += 1;
    return act(signal);
  };
  const functions: Upstream = {
    name: 'engine',
    steps: () => Promise.resolve(Buffer.from(JSON.stringify([wireStep({ id: 's1' })]))),
    run: () => Promise.resolve(Buffer.from(JSON.stringify([wireRun('r1')]))),
    cancelRun: once,
    resumeStep: once,
  };
  gateway = await startGateway({ upstream: functions, env: { UPSTREAM_TIMEOUT_MS: '300' } });
  return { gateway, calls: () => counted.calls };
}

describe('an action', () => {
  const rows = OUTCOMES.flatMap((outcome) =>
    (['cancelRun', 'resumeStep'] as const).flatMap((action) =>
      (['HTTP', 'functions'] as const).map((by) => [outcome.name, action, by, outcome] as const),
    ),
  );

  it.each(rows)('makes one call and reports the outcome: %s of %s by %s', async (_, action, by, outcome) => {
    const { reply, act, code, isUnknown } = outcome;
    const { gateway: asked, calls } = await (by === 'HTTP' ? overHttp(reply) : byFunctions(act));
    const { data, errors } = await asked.query(action === 'cancelRun' ? CANCEL : RESUME);
    expect(calls()).toBe(1);
    if (code === null) {
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ [action]: { run: { id: 'r1' } } });
      return;
    }
    const [error] = errors;
    expect(error?.extensions).toMatchObject({ code, ...(isUnknown && { retryable: false, outcomeIsUnknown: true }) });
    expect('outcomeIsUnknown' in (error?.extensions ?? {})).toBe(isUnknown === true);
    if (code === 'BAD_USER_INPUT') expect(error?.extensions).toMatchObject({ fields: WRONG });
  });

  it('sends the payload with an idempotency key per request and caller', async () => {
    const { gateway: asked } = await overHttp({ json: {} });
    const keysOf = async (variables: object, key: string) => {
      await asked.query(RESUME, { key, variables: { ...variables } });
      const { headers, body, stepId } = upstream?.calls.findLast(({ endpoint }) => endpoint === 'resume') ?? {};
      expect([body, stepId]).toEqual(['{"answer":{"approved":true}}', 's1']);
      return headers?.['idempotency-key'];
    };
    const first = await keysOf({ key: 'k' }, 'key-1');
    const others = [await keysOf({ key: 'k' }, 'key-2'), await keysOf({}, 'key-1'), await keysOf({}, 'key-1')];
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(new Set([first, ...others]).size).toBe(4);
  });

  it('makes one call for double clicks and tabs with one key', async () => {
    const { gateway: asked, calls } = await overHttp({ json: {} });
    const variables = { key: 'k' };
    const answers = await Promise.all([1, 2, 3].map(() => asked.query(CANCEL, { variables })));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(calls()).toBe(1);
    const { errors } = await asked.query(CANCEL, { variables: { ...variables, id: 'r2' } });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(calls()).toBe(1);
  });

  it('reloads the run afterwards, even after a late action', async () => {
    const { gateway: asked } = await overHttp({ status: 409 });
    const read = '{ run(workflowId: "wf", id: "r1") { status } }';
    await asked.query(read);
    await asked.query(read);
    expect(upstream?.count('run')).toBe(1);
    await asked.query(CANCEL);
    await asked.query(read);
    expect(upstream?.count('run')).toBe(2);
  });

  it("succeeds if it took effect but the run can't be read", async () => {
    const gone = (call: Call) => (call.endpoint === 'cancel' ? { json: {} } : { status: 404 });
    upstream = await startUpstream(gone);
    gateway = await startGateway({ upstream, env: ENV });
    const { data, errors } = await gateway.query(CANCEL);
    expect({ data, errors }).toEqual({ data: { cancelRun: { run: { id: 'r1' } } }, errors: [] });
  });

  it('is rejected before any call with a payload above a mebibyte', async () => {
    const { gateway: asked, calls } = await overHttp({ json: {} });
    const { errors } = await asked.query(RESUME, { variables: { answer: 'x'.repeat(2 ** 20) } });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(calls()).toBe(0);
  });
});

describe('available actions', () => {
  const FIELDS = `{ run(workflowId: "wf", id: "r1") {
    availableActions steps { availableActions waitingFor { message data answerSchema } }
  } }`;
  const request = { message: 'Approve?', data: { amount: 7 }, answer_schema: { type: 'object' } };
  const waitingFor = { message: 'Approve?', data: { amount: 7 }, answerSchema: { type: 'object' } };
  let status: string;
  beforeEach(() => {
    status = 'running';
  });

  async function start(env: Record<string, string>) {
    upstream = await startUpstream((call) => {
      if (call.endpoint === 'run') return { json: [wireRun('r1', { status, end_time: null })] };
      return call.endpoint === 'steps' ? { json: [waitingStep({ wait_request: request })] } : { json: {} };
    });
    gateway = await startGateway({ upstream, env });
    return gateway;
  }

  it('include answering a waiting step, and cancelling its run until finished', async () => {
    const asked = await start({ ...ENV, LIVE_TTL_MS: '0' });
    expect((await asked.query(FIELDS)).data).toEqual({
      run: { availableActions: ['CANCEL'], steps: [{ availableActions: ['RESUME'], waitingFor }] },
    });
    status = 'cancelled';
    expect((await asked.query(FIELDS)).data).toEqual({
      run: { availableActions: [], steps: [{ availableActions: [], waitingFor }] },
    });
  });

  it('are none without the calls, and fail before any call', async () => {
    const asked = await start({ UPSTREAM_ENDPOINTS: 'steps,run,execute' });
    expect((await asked.query(FIELDS)).data).toMatchObject({
      run: { availableActions: [], steps: [{ availableActions: [] }] },
    });
    for (const mutation of [CANCEL, RESUME]) {
      const { errors } = await asked.query(mutation);
      expect(errors[0]?.extensions.code).toBe('UPSTREAM_ENDPOINT_DISABLED');
    }
    expect(upstream?.calls.filter(({ body }) => body !== '')).toEqual([]);
  });

  it('are none for callers without the right, or of another scope', async () => {
    const calls: string[] = [];
    const noted = (call: string) => {
      calls.push(call);
      return Promise.resolve({});
    };
    const engine: Upstream = {
      name: 'engine',
      steps: () => Promise.resolve([{ id: 's1', node_id: 'a', status: 'paused', start_time: '2026-12-01T10:00:00Z' }]),
      run: () => Promise.resolve([{ id: 'r1', status: 'running', start_time: '2026-12-01T10:00:00Z' }]),
      cancelRun: () => noted('cancel'),
      resumeStep: () => noted('resume'),
    };
    gateway = await startGateway({
      upstream: engine,
      authenticate: ({ credential }) => ({
        ...{ upstreamKey: 'k', subject: credential ?? '', mayExecute: credential !== 'reader' },
        workflowIds: credential === 'stranger' ? ['other'] : 'all',
      }),
    });
    const actions = async (key: string) => (await gateway?.query(FIELDS, { key }))?.data;
    expect(await actions('writer')).toMatchObject({ run: { availableActions: ['CANCEL'] } });
    expect(await actions('reader')).toMatchObject({ run: { availableActions: [], steps: [{ availableActions: [] }] } });
    for (const mutation of [CANCEL, RESUME]) {
      expect((await gateway.query(mutation, { key: 'reader' })).errors[0]?.extensions.code).toBe('FORBIDDEN');
      expect((await gateway.query(mutation, { key: 'stranger' })).errors[0]?.extensions.code).toBe('NOT_FOUND');
    }
    expect(calls).toEqual([]);
  });
});

describe('the audit log', () => {
  const log = captureLog('info');

  it('has each mutation with caller, ids and outcome, without its payload', async () => {
    upstream = await startUpstream((call) => {
      if (call.endpoint === 'execute') return { json: { run_id: 'r9' } };
      if (call.endpoint === 'cancel') return { status: 409 };
      return call.endpoint === 'resume' ? { status: 500 } : healthy(call);
    });
    gateway = await startGateway({ upstream, env: ENV, logger: log.logger });
    await gateway.query('mutation { executeWorkflow(workflowId: "wf", inputs: { a: "SECRET" }) { message } }');
    await gateway.query(CANCEL);
    await gateway.query(RESUME, { variables: { answer: 'SECRET' } });
    const lines = log.lines.filter(({ msg }) => msg === 'mutation');
    expect(lines).toMatchObject([
      { 'event.action': 'executeWorkflow', 'event.outcome': 'success', workflowId: 'wf', runId: 'r9' },
      { 'event.action': 'cancelRun', 'event.outcome': 'failure', errorCode: 'CONFLICT', workflowId: 'wf', runId: 'r1' },
      { 'event.action': 'resumeStep', 'event.outcome': 'unknown', runId: 'r1', stepId: 's1' },
    ]);
    expect(lines.every(({ caller, requestId }) => caller !== null && requestId !== undefined)).toBe(true);
    expect(JSON.stringify(lines)).not.toContain('SECRET');
  });
});
