import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import {
  healthy,
  startFaultyUpstream,
  type FaultyUpstream,
  type Reply,
  type Script,
} from '../harness/faulty-upstream.ts';
import { SECRET, startGateways, until } from '../harness/fleet.ts';
import type { GraphqlAnswer, TestGateway } from '../harness/gateway.ts';
import { startProcess } from '../harness/process.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const EXECUTE = `mutation Execute($workflowId: ID! = "wf", $inputs: JSON, $idempotencyKey: String) {
  executeWorkflow(workflowId: $workflowId, inputs: $inputs, idempotencyKey: $idempotencyKey) { message run { id } }
}`;
const INPUTS = { subject: 'a secret subject' };
const TEN_MINUTES_MS = 600_000;
const OTHER_START =
  'idempotencyKey: this key was used in the last 10 minutes for another workflow or other inputs; take a new key';

interface Sending {
  readonly idempotencyKey?: string | null;
  readonly workflowId?: string;
  readonly inputs?: unknown;
  /** The bearer. */
  readonly key?: string;
}

/** Two gateways on a real Valkey. The upstream numbers the runs that it starts, so whoever starts one more is seen. */
describeWithValkey(`the idempotency keys of a fleet${withoutValkey}`, () => {
  let valkey: TestValkey;
  let upstream: FaultyUpstream;
  const gateways: TestGateway[] = [];
  let first: TestGateway;
  let second: TestGateway;

  const posts = () => upstream.count('execute');
  const numbered: Script = (call) =>
    call.endpoint === 'execute' ? { json: { run_id: `run-${posts()}`, message: `started ${posts()}` } } : healthy(call);

  const endpoints = () => ({
    UPSTREAM_URL: upstream.url,
    UPSTREAM_ENDPOINTS: 'steps,run,execute',
    REDIS_URL: valkey.url,
  });

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<TestGateway> {
    const [gateway] = await startGateways(1, { ...endpoints(), ...environment });
    if (!gateway) throw new Error('expected a gateway');
    gateways.push(gateway);
    return gateway;
  }

  beforeEach(async () => {
    valkey = await startValkey();
    upstream = await startFaultyUpstream(numbered);
    [first, second] = await Promise.all([start(), start()]);
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await upstream.close();
    await valkey.close();
  });

  const execute = (gateway: TestGateway, { key = 'key-1', ...variables }: Sending = {}) =>
    gateway.query(EXECUTE, { key, variables: { inputs: INPUTS, idempotencyKey: 'a', ...variables } });

  function runIn({ data, errors }: GraphqlAnswer): string {
    expect(errors).toEqual([]);
    const { executeWorkflow } = data as { executeWorkflow: { message: string; run: { id: string } } };
    expect(executeWorkflow.message).toBe(executeWorkflow.run.id.replace('run-', 'started '));
    return executeWorkflow.run.id;
  }

  /** Until the next POST is there; it is answered when `answer` is called. */
  function hold(reply?: Reply) {
    const held = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      if (call.endpoint !== 'execute') return numbered(call);
      await held.promise;
      return reply ?? numbered(call);
    };
    return {
      answer: () => {
        held.resolve(undefined);
      },
    };
  }

  /** Waits for Valkey as each gateway sees it. */
  const upAgain = async () => {
    for (const gateway of [first, second]) {
      let time = 0;
      await until(async () => {
        const { errors } = await execute(gateway, { idempotencyKey: `${gateway.url} ${(time += 1)}` });
        return errors.length === 0;
      });
    }
  };

  const claims = () => valkey.client.keys('stepgate:start:*');

  it('start one run, at whichever gateway a key is sent how often', async () => {
    for (let time = 0; time < 3; time += 1) {
      for (const gateway of [first, second, await start()]) expect(runIn(await execute(gateway))).toBe('run-1');
    }
    expect(posts()).toBe(1);
    const [name = ''] = await claims();
    const [seconds] = await valkey.client.time();
    const livesForMs = Number(await valkey.client.zscore('stepgate:starts', name)) - Number(seconds) * 1000;
    expect(livesForMs).toBeLessThanOrEqual(TEN_MINUTES_MS + 1000);
    expect(livesForMs).toBeGreaterThan(TEN_MINUTES_MS - 60_000);
  });

  it('make one call where both gateways get it at the same time, and tell it at once', async () => {
    const { answer } = hold();
    const answers = Array.from({ length: 20 }, (_, index) => execute(index % 2 === 0 ? first : second));
    await until(() => posts() > 0);
    // The other gateway has found the claim, and waits.
    await until(async () => (await execute(second, { workflowId: 'other' })).errors.length > 0);
    answer();
    expect(new Set((await Promise.all(answers)).map(runIn))).toEqual(new Set(['run-1']));
    expect(posts()).toBe(1);
  });

  it('are refused at each gateway for another workflow and other inputs, also while the start is under way', async () => {
    const { answer } = hold();
    const under = execute(first);
    await until(() => posts() > 0);
    const changes = [{ workflowId: 'other' }, { inputs: {} }, { inputs: { ...INPUTS, more: 1 } }];
    const refuse = async () => {
      for (const change of changes) {
        for (const gateway of [first, second]) {
          expect(await execute(gateway, change)).toMatchObject({
            data: { executeWorkflow: null },
            errors: [{ message: OTHER_START, extensions: { code: 'BAD_USER_INPUT', retryable: false } }],
          });
        }
      }
    };
    await refuse();
    answer();
    runIn(await under);
    await refuse();
    expect(runIn(await execute(second))).toBe('run-1');
    expect(posts()).toBe(1);
  });

  it.each<[string, Reply]>([
    ['breaks the connection', { raw: 'x'.repeat(100), cutAfter: 3 }],
    ['answers 503', { status: 503, headers: { 'retry-after': '7' } }],
    ['answers nonsense', { json: [] }],
  ])('keep an outcome that is not known at each gateway, where the upstream %s', async (_, reply) => {
    upstream.script = (call) => (call.endpoint === 'execute' ? reply : numbered(call));
    const told = (await execute(first)).errors.map(({ message, extensions }) => ({
      message,
      extensions: { ...extensions, requestId: expect.any(String) },
    }));
    expect(told).toMatchObject([{ extensions: { outcomeIsUnknown: true, retryable: false } }]);
    upstream.script = numbered;
    for (let time = 0; time < 3; time += 1) {
      for (const gateway of [second, first]) {
        const { data, errors } = await execute(gateway);
        expect(data).toEqual({ executeWorkflow: null });
        expect(errors).toMatchObject(told);
      }
    }
    expect(posts()).toBe(1);
  });

  it.each([400, 401, 403, 404, 429])('are free at each gateway where the upstream refused with %i', async (status) => {
    const { answer } = hold({ status });
    const both = [execute(first), execute(second)];
    await until(() => posts() > 0);
    answer();
    for (const { errors } of await Promise.all(both)) {
      expect(errors).toMatchObject([{ extensions: { upstreamStatus: status } }]);
    }
    // Who waited tried for itself: one call each.
    expect(posts()).toBe(2);
    expect(await claims()).toEqual([]);
    upstream.script = numbered;
    expect(runIn(await execute(second))).toBe('run-3');
    expect(runIn(await execute(first))).toBe('run-3');
  });

  it('never answer another caller’s run, nor that of another key', async () => {
    const ids = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      for (const gateway of [first, second]) {
        for (const key of ['key-1', 'key-2']) {
          for (const idempotencyKey of ['a', 'b']) {
            ids.add(`${key} ${idempotencyKey} ${runIn(await execute(gateway, { key, idempotencyKey }))}`);
          }
        }
      }
    }
    expect([ids.size, posts()]).toEqual([4, 4]);
    expect(new Set(upstream.calls.filter(({ endpoint }) => endpoint === 'execute').map(({ key }) => key)).size).toBe(2);
  });

  it('are HMACs in Valkey, with sealed values', async () => {
    const idempotencyKey = 'a key that is nobody’s business';
    await execute(first, { idempotencyKey });
    const names = await claims();
    expect(names).toEqual([expect.stringMatching(/^stepgate:start:[\w-]{43}$/)]);
    const value = (await valkey.client.getBuffer(names[0] ?? ''))?.toString('latin1') ?? '';
    expect(value.length).toBeGreaterThan(50);
    for (const secret of [idempotencyKey, 'run-1', 'started', 'key-1', 'subject', 'wf', 'fingerprint']) {
      expect(`${names.join()} ${value}`).not.toContain(secret);
    }
    // Not another key's, under whatever name it is put.
    await execute(first, { idempotencyKey: 'b' });
    const [other = ''] = (await claims()).filter((name) => !names.includes(name));
    await valkey.client.set(other, (await valkey.client.getBuffer(names[0] ?? '')) ?? '');
    expect((await execute(second, { idempotencyKey: 'b' })).errors).toMatchObject([
      { extensions: { outcomeIsUnknown: true } },
    ]);
    expect(posts()).toBe(2);
  });

  it('are refused before anything is sent while Valkey is gone; starts without a key go on', async () => {
    expect(runIn(await execute(first))).toBe('run-1');
    await valkey.kill();
    for (let time = 0; time < 3; time += 1) {
      expect(await execute(second)).toMatchObject({
        data: { executeWorkflow: null },
        errors: [
          {
            message:
              'idempotencyKey: nothing was sent, since the key could not be claimed in Valkey: it does not answer, ' +
              'or it is full. Try again with the same key. A first attempt may be made without a key',
            extensions: { code: 'IDEMPOTENCY_UNAVAILABLE', retryable: true },
          },
        ],
      });
    }
    // What this gateway knows itself it answers.
    expect(runIn(await execute(first))).toBe('run-1');
    expect(posts()).toBe(1);
    expect(runIn(await execute(second, { idempotencyKey: null }))).toBe('run-2');
    await valkey.start();
    await upAgain();
    const before = posts();
    const again = runIn(await execute(first, { idempotencyKey: 'later' }));
    expect(runIn(await execute(second, { idempotencyKey: 'later' }))).toBe(again);
    expect(posts()).toBe(before + 1);
  });

  it('are free again where Valkey took the claim, but answered too late: nothing was sent', async () => {
    const slow = await start({ REDIS_TIMEOUT_MS: '100' });
    valkey.pause();
    expect((await execute(slow)).errors).toMatchObject([{ extensions: { code: 'IDEMPOTENCY_UNAVAILABLE' } }]);
    expect(posts()).toBe(0);
    valkey.resume();
    await until(async () => (await execute(slow, { idempotencyKey: 'b' })).errors.length === 0);
    await until(async () => (await claims()).length === 1);
    expect(runIn(await execute(second))).toBe('run-2');
    expect(runIn(await execute(slow))).toBe('run-2');
  });

  it('give the caller its run where the outcome can’t be stored; others learn of it when Valkey is back', async () => {
    const { answer } = hold();
    const sent = execute(first);
    await until(() => posts() > 0);
    valkey.pause();
    answer();
    expect(runIn(await sent)).toBe('run-1');
    valkey.resume();
    await until(async () => (await execute(second)).errors.length === 0);
    expect(runIn(await execute(second))).toBe('run-1');
    expect(posts()).toBe(1);
  });

  it('are known after a restart of the gateway', async () => {
    expect(runIn(await execute(first))).toBe('run-1');
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    expect(runIn(await execute(await start()))).toBe('run-1');
    expect(posts()).toBe(1);
  });

  it('are one while the secret is changed', async () => {
    const [old, renewed] = ['o'.repeat(40), 'n'.repeat(40)];
    const [both, turned] = [`${old},${renewed}`, `${renewed},${old}`];
    const steps = [
      [old, both],
      [both, turned],
      [turned, renewed],
    ] as const;
    for (const [one, other] of steps) {
      const pair = [await start({ FLEET_SECRET: one }), await start({ FLEET_SECRET: other })] as const;
      for (const [sender, reader] of [pair, [pair[1], pair[0]]] as const) {
        const idempotencyKey = `${one} ${other} ${sender.url}`;
        const id = runIn(await execute(sender, { idempotencyKey }));
        expect(runIn(await execute(reader, { idempotencyKey }))).toBe(id);
      }
    }
    expect(posts()).toBe(6);
  });

  it('are not known at other gateways where the upstream’s message is as long as it may be', async () => {
    upstream.script = (call) =>
      call.endpoint === 'execute' ? { json: { run_id: 'run', message: 'x'.repeat(64 * 1024 - 2) } } : numbered(call);
    for (let time = 0; time < 3; time += 1) {
      expect((await execute(first)).errors).toEqual([]);
      expect((await execute(second)).errors).toMatchObject([{ extensions: { outcomeIsUnknown: true } }]);
    }
    expect(posts()).toBe(1);
  });

  it('are not sent again where the gateway that sent one was killed: the outcome is not known', async () => {
    hold();
    const killed = startProcess({
      ...endpoints(),
      FLEET_SECRET: SECRET,
      REDIS_TIMEOUT_MS: '1000',
    });
    const other = await start({ UPSTREAM_TIMEOUT_MS: '500' });
    const request = fetch(`${await killed.url()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1' },
      body: JSON.stringify({ query: EXECUTE, variables: { inputs: INPUTS, idempotencyKey: 'a' } }),
    });
    const gone = expect(request).rejects.toThrow();
    await until(() => posts() > 0);
    killed.child.kill('SIGKILL');
    await Promise.all([gone, killed.exited]);
    for (let time = 0; time < 3; time += 1) {
      expect(await execute(other)).toMatchObject({
        data: { executeWorkflow: null },
        errors: [
          {
            message:
              'another gateway has sent this start, and has not told what came of it. Whether the run has started is not ' +
              'known: look at the workflow’s runs before you try again'.replace('’', "'"),
            extensions: { code: 'UPSTREAM_TIMEOUT', outcomeIsUnknown: true, retryable: false },
          },
        ],
      });
    }
    expect(posts()).toBe(1);
  });
});
