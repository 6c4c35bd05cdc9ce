import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmbeddedUpstream, type EmbeddedUpstream } from '../../src/embedded-upstream/server.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { startGateway, type GraphqlAnswer, type TestGateway } from '../harness/gateway.ts';
import { send } from '../harness/transports.ts';

const EXECUTE = `mutation Execute($workflowId: ID! = "support-triage", $inputs: JSON, $idempotencyKey: String) {
  executeWorkflow(workflowId: $workflowId, inputs: $inputs, idempotencyKey: $idempotencyKey) {
    message
    run { id workflowId inputs }
  }
}`;
const MINUTE_MS = 60_000;

function withAbort() {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort();
    },
  };
}

/** Every call goes through to the real embedded upstream, and is counted on the way. */
describe('executing a workflow with a key', () => {
  let embedded: EmbeddedUpstream;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;

  beforeEach(async () => {
    embedded = await createEmbeddedUpstream({ port: 0 });
    upstream = await startFaultyUpstream(async ({ endpoint, url, headers, body }): Promise<Reply> => {
      const answer = await fetch(`${embedded.url}${url.pathname}${url.search}`, {
        headers: { authorization: headers.authorization ?? '' },
        ...(endpoint === 'execute' && { method: 'POST', body }),
      });
      return { status: answer.status, raw: await answer.text() };
    });
    clock = createManualClock();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_TIMEOUT_MS: '2000' }, { now: clock.now });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
    await embedded.close();
  });

  const execute = (variables: Readonly<Record<string, unknown>>, key = 'demo-key') =>
    gateway.query(EXECUTE, { key, variables: { inputs: { subject: 'Hello' }, ...variables } });
  const posts = () => upstream.count('execute');

  function runIn({ data, errors }: GraphqlAnswer): string {
    expect(errors).toEqual([]);
    const { executeWorkflow } = data as { executeWorkflow: { message: string; run: { id: string; inputs: unknown } } };
    expect(executeWorkflow).toMatchObject({
      message: 'Workflow execution started',
      run: { inputs: { subject: 'Hello' } },
    });
    return executeWorkflow.run.id;
  }

  it('starts one run, however often it is sent, and a new one 10 minutes later', async () => {
    const ids = new Set<string>();
    for (let time = 0; time < 5; time += 1) ids.add(runIn(await execute({ idempotencyKey: 'a' })));
    expect([ids.size, posts()]).toEqual([1, 1]);
    clock.advance(10 * MINUTE_MS);
    ids.add(runIn(await execute({ idempotencyKey: 'a' })));
    expect([ids.size, posts()]).toEqual([2, 2]);
  });

  it('starts one run where many send it at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => execute({ idempotencyKey: 'a' })));
    expect(new Set(answers.map(runIn)).size).toBe(1);
    expect(posts()).toBe(1);
  });

  it('starts one run where the client that sent it first has gone', async () => {
    const { script } = upstream;
    const release = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      await release.promise;
      return script(call);
    };
    const { signal, abort } = withAbort();
    const gone = gateway.query(EXECUTE, {
      key: 'demo-key',
      variables: { inputs: { subject: 'Hello' }, idempotencyKey: 'a' },
      signal,
    });
    await upstream.nextCall();
    abort();
    await expect(gone).rejects.toThrow();
    const again = execute({ idempotencyKey: 'a' });
    release.resolve(undefined);
    runIn(await again);
    expect(posts()).toBe(1);
  });

  it('starts one run over all transports, and where the key stands in the text', async () => {
    const variables = { idempotencyKey: 'a', inputs: { subject: 'Hello' } };
    const id = runIn(await execute(variables));
    for (const transport of ['HTTP POST', 'graphql-ws', 'graphql-sse'] as const) {
      for (let time = 0; time < 3; time += 1) {
        const { data } = await send(transport, gateway.url, { query: EXECUTE, variables }, 'demo-key');
        expect(data).toMatchObject({ executeWorkflow: { run: { id } } });
      }
    }
    const literal = EXECUTE.replace('idempotencyKey: $idempotencyKey', 'idempotencyKey: "a"').replace(
      ', $idempotencyKey: String',
      '',
    );
    for (let time = 0; time < 3; time += 1) {
      expect(runIn(await gateway.query(literal, { key: 'demo-key', variables: { inputs: variables.inputs } }))).toBe(
        id,
      );
    }
    expect(posts()).toBe(1);
  });

  it('starts one run where one operation has it twice', async () => {
    const field = 'executeWorkflow(workflowId: "quick-answer", idempotencyKey: "a") { run { id } }';
    const { data } = await gateway.query(`mutation { a: ${field} b: ${field} }`, { key: 'demo-key' });
    const { a, b } = data as { a: unknown; b: unknown };
    expect(a).toEqual(b);
    expect(posts()).toBe(1);
  });

  it('starts a run each time without a key, and with null', async () => {
    const ids = [await execute({}), await execute({}), await execute({ idempotencyKey: null })].map(runIn);
    expect(new Set(ids).size).toBe(3);
  });

  it('is refused for other inputs and another workflow; the order of fields does not matter', async () => {
    const inputs = { subject: 'Hello', customer: { name: 'Contoso', id: 7 } };
    const id = runIn(await execute({ idempotencyKey: 'a', inputs }));
    const reordered = { customer: { id: 7, name: 'Contoso' }, subject: 'Hello' };
    expect(runIn(await execute({ idempotencyKey: 'a', inputs: reordered }))).toBe(id);
    const changes = [{ inputs: { ...inputs, customer: null } }, { inputs: {} }, { inputs, workflowId: 'quick-answer' }];
    for (const change of changes) {
      const { data, errors } = await execute({ idempotencyKey: 'a', ...change });
      expect(data).toEqual({ executeWorkflow: null });
      expect(errors).toMatchObject([
        {
          message:
            'idempotencyKey: this key was used in the last 10 minutes for another workflow or other inputs; take a new key',
          extensions: { code: 'BAD_USER_INPUT', retryable: false },
        },
      ]);
    }
    expect(posts()).toBe(1);
  });

  it('never answers another caller’s run', async () => {
    let started = 0;
    upstream.script = () => ({ json: { run_id: `run-${(started += 1)}`, message: null } });
    const text = 'mutation { executeWorkflow(workflowId: "wf", idempotencyKey: "a") { run { id } } }';
    const ids = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      for (const key of ['key-1', 'key-2', 'key-3']) ids.add(JSON.stringify((await gateway.query(text, { key })).data));
    }
    expect(ids.size).toBe(3);
    expect(upstream.calls.filter(({ endpoint }) => endpoint === 'execute').map(({ key }) => key)).toEqual([
      'key-1',
      'key-2',
      'key-3',
    ]);
  });

  it.each<[string, Reply]>([
    ['breaks the connection', { raw: 'x'.repeat(100), cutAfter: 3 }],
    ['answers 500', { status: 500 }],
    ['answers 503', { status: 503 }],
    ['answers nonsense', { json: [] }],
  ])('is not sent again where the upstream %s: the outcome stays unknown', async (_, reply) => {
    const { script } = upstream;
    upstream.script = () => reply;
    const [first] = (await execute({ idempotencyKey: 'a' })).errors;
    expect(first?.extensions).toMatchObject({ outcomeIsUnknown: true, retryable: false });
    upstream.script = script;
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await execute({ idempotencyKey: 'a' });
      expect(data).toEqual({ executeWorkflow: null });
      expect(errors).toMatchObject([
        {
          message: first?.message,
          extensions: { code: first?.extensions.code, outcomeIsUnknown: true, retryable: false },
        },
      ]);
      expect(errors[0]?.extensions.requestId).not.toBe(first?.extensions.requestId);
    }
    expect(posts()).toBe(1);
    clock.advance(10 * MINUTE_MS);
    runIn(await execute({ idempotencyKey: 'a' }));
    expect(posts()).toBe(2);
  });

  it.each([400, 401, 403, 404, 429])('may be sent again where the upstream refused it with %i', async (status) => {
    const { script } = upstream;
    upstream.script = () => ({ status });
    const [refused] = (await execute({ idempotencyKey: 'a' })).errors;
    expect(refused?.extensions).not.toHaveProperty('outcomeIsUnknown');
    upstream.script = script;
    runIn(await execute({ idempotencyKey: 'a' }));
    expect(posts()).toBe(2);
  });

  it('may be sent again where it never left', async () => {
    await upstream.shut();
    expect((await execute({ idempotencyKey: 'a' })).errors).toMatchObject([{ extensions: { retryable: true } }]);
    await upstream.listen();
    runIn(await execute({ idempotencyKey: 'a' }));
    expect(posts()).toBe(1);
  });

  it.each([
    ['', 'an empty text'],
    ['a'.repeat(256), '256 characters'],
    ['a\nb', 'a control character'],
    ['a\u0085b', 'a control character'],
    ['\ud800', 'half of a surrogate pair'],
  ])('is refused for the key %j, without a call', async (idempotencyKey, got) => {
    expect((await execute({ idempotencyKey })).errors).toMatchObject([
      {
        message: `idempotencyKey: expected 1 to 255 characters without control characters, got ${got}`,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
    expect(upstream.calls).toEqual([]);
  });

  it('takes any other key of 255 characters', async () => {
    const idempotencyKey = '🐝 __proto__ '.repeat(30).slice(0, 254);
    expect(runIn(await execute({ idempotencyKey }))).toBe(runIn(await execute({ idempotencyKey })));
    expect(posts()).toBe(1);
  });
});
