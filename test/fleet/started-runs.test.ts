import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import { createClient } from 'graphql-sse';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateways } from '../harness/fleet.ts';
import type { TestGateway } from '../harness/gateway.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const watchOf = (id: string) => `subscription { runUpdated(workflowId: "wf", id: "${id}") { status } }`;

/** Two gateways on a real Valkey, and an upstream that knows a run some time after it was started. */
describeWithValkey(`a run that was started through a fleet${withoutValkey}`, () => {
  let valkey: TestValkey;
  let upstream: FaultyUpstream;
  let gateways: readonly TestGateway[] = [];
  let isKnown: boolean;

  beforeEach(async () => {
    isKnown = false;
    valkey = await startValkey();
    upstream = await startFaultyUpstream((call) => {
      if (call.endpoint === 'execute') return { json: { run_id: 'started' } };
      return isKnown ? healthy(call) : { status: 404 };
    });
    const endpoints = { UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps,run,execute' };
    gateways = await startGateways(2, { ...endpoints, REDIS_URL: valkey.url });
  });
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await upstream.close();
    await valkey.close();
  });

  const [STARTER, WATCHER] = [0, 1] as const;
  const gateway = (index: number): TestGateway => {
    const found = gateways[index];
    if (!found) throw new Error(`there is no gateway ${index}`);
    return found;
  };
  const watch = (index: number, id: string, key = 'key-1') =>
    createClient({ url: `${gateway(index).url}/graphql/stream`, headers: { authorization: `Bearer ${key}` } }).iterate({
      query: watchOf(id),
    });
  const codesOf = async (events: ReturnType<typeof watch>) => {
    const { value } = (await events.next()) as IteratorResult<ExecutionResult, undefined>;
    return value?.errors?.map(({ extensions }) => extensions.code);
  };

  it('is waited for at each gateway by whoever started it, and by nobody else', async () => {
    const started = await gateway(STARTER).query('mutation { executeWorkflow(workflowId: "wf") { message } }');
    expect(started).toMatchObject({ data: { executeWorkflow: { message: null } }, errors: [] });
    const asked = upstream.nextCall();
    const events = watch(WATCHER, 'started');
    const first = events.next();
    await asked;
    expect(await codesOf(watch(WATCHER, 'other'))).toEqual(['NOT_FOUND']);
    expect(await codesOf(watch(WATCHER, 'started', 'key-2'))).toEqual(['NOT_FOUND']);
    isKnown = true;
    expect((await first).value).toEqual({ data: { runUpdated: { status: 'COMPLETED' } } });
    await events.return?.();
  });

  it('is not waited for where nobody has started it, also while Valkey takes its time', async () => {
    upstream.script = async () => {
      await valkey.client.call('CLIENT', 'PAUSE', '50');
      return { status: 404 };
    };
    expect(await codesOf(watch(WATCHER, 'other'))).toEqual(['NOT_FOUND']);
  });
});
