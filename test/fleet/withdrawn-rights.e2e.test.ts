import { describe, expect, it } from '@jest/globals';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { answerOf, codesOf, Fleet, queryOf, SECRET } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { subscribe } from '../harness/live-client.ts';
import { until } from '../harness/until.ts';
import { type Reply, startUpstream } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const refuse = (): Reply => ({ status: 401 });
const REFUSED = 'UNAUTHENTICATED';
/** No test waits that long. */
const NEVER = { REAUTH_INTERVAL_MS: '3600000' };

describeWithValkey(`a right that the upstream has withdrawn${withoutValkey}`, () => {
  const fleet = perTest(new Fleet());

  const STEP_MS = 10_000;
  /** Calls of the key succeed at this gateway until this time has been skipped. */
  async function succeedFor(gateway: TestGateway, ms: number): Promise<void> {
    for (let skipped = 0; skipped < ms; skipped += STEP_MS) {
      await fleet.skip(STEP_MS);
      expect(await codesOf(gateway, `other-${skipped}`)).toEqual([]);
    }
  }

  const isRefused = async (gateway: TestGateway, id: string) => (await codesOf(gateway, id)).includes(REFUSED);
  const untilRefused = (gateway: TestGateway, id = 'r1') => until(() => isRefused(gateway, id));
  const callsFor = (id: string) => fleet.upstream.calls.filter(({ runId }) => runId === id).length;

  /** Caches the run r1 of key-1 at each gateway. Then the upstream rejects this key. */
  async function cacheAt(...gateways: readonly TestGateway[]): Promise<void> {
    for (const gateway of gateways) {
      expect(await codesOf(gateway, 'r1')).toEqual([]);
      await fleet.storedForGood(2);
    }
    expect(callsFor('r1')).toBe(2);
    fleet.upstream.script = refuse;
  }

  async function startTwo(environment: Readonly<Record<string, string>> = NEVER) {
    const [first, second] = await fleet.start(2, environment);
    await cacheAt(first, second);
    return { first, second };
  }

  /** Starts the second gateway with a user without these rights in Valkey. */
  async function startLimited(rules: readonly string[], environment: Readonly<Record<string, string>>) {
    await fleet.valkey.client.call('ACL', 'SETUSER', 'limited', 'on', '>password', '~*', '&*', '+@all', ...rules);
    const [first] = await fleet.start(1, environment);
    const url = fleet.valkey.url.replace('redis://', 'redis://limited:password@');
    const [limited] = await fleet.start(1, { ...environment, REDIS_URL: url });
    await cacheAt(first, limited);
    return { first, limited };
  }

  it('is rejected everywhere as soon as one gateway notices', async () => {
    const { first, second } = await startTwo();
    expect(await isRefused(first, 'r2')).toBe(true);
    await untilRefused(second);
    const [late] = await fleet.start(1);
    expect(await isRefused(late, 'r1')).toBe(true);
    fleet.upstream.script = (call) => answerOf({ ...call, key: 'a key that is good again' });
    expect(await codesOf(late, 'r2')).toEqual([]);
    const { data, errors } = await late.query(queryOf('r1'));
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      run: {
        outputs: 'output of r1 for a key that is good again',
        steps: [{ outputs: 'step output for a key that is good again' }],
      },
    });
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['is full', ['CONFIG', 'SET', 'maxmemory', '1mb'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['is read-only', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ])('keeps its data unreadable while Valkey %s, and later', async (_, impair, repair) => {
    const { first, second } = await startTwo();
    const command = ([name = '', ...words]: readonly string[]) => fleet.valkey.client.call(name, ...words);
    await command(impair);
    expect(await isRefused(first, 'r2')).toBe(true);
    // Asked without pauses: each answer that was stored would be served.
    for (let time = 0; time < 20; time += 1) expect(await isRefused(first, 'r1')).toBe(true);
    await command(repair);
    await untilRefused(second);
    const [late] = await fleet.start(1);
    expect(await isRefused(late, 'r1')).toBe(true);
    fleet.upstream.script = answerOf;
    await until(async () => (await codesOf(first, 'r1')).length === 0);
  });

  it('is rejected everywhere after being granted and withdrawn again', async () => {
    const { first, second } = await startTwo();
    for (const run of ['r2', 'r3']) {
      fleet.upstream.script = refuse;
      expect(await isRefused(first, run)).toBe(true);
      await untilRefused(second);
      fleet.upstream.script = answerOf;
      await until(async () => (await codesOf(second, 'r1')).length === 0);
    }
  });

  it('hides only its workflow, and keeps other workflows cached', async () => {
    const [first, second] = await fleet.start(2, NEVER);
    const runIn = (workflowId: string, id: string) => `{ run(workflowId: "${workflowId}", id: "${id}") { outputs } }`;
    const codesIn = async (gateway: TestGateway, workflowId: string, id: string) =>
      (await gateway.query(runIn(workflowId, id))).errors.map(({ extensions }) => extensions.code);
    for (const gateway of [first, second]) {
      for (const workflowId of ['theirs', 'mine']) expect(await codesIn(gateway, workflowId, 'r1')).toEqual([]);
      await fleet.storedForGood(2);
    }
    const isDenied = (workflowId: string) => workflowId === 'theirs';
    fleet.upstream.script = (call) => (isDenied(call.workflowId) ? { status: 403 } : answerOf(call));
    expect(await codesIn(first, 'theirs', 'r2')).toEqual(['FORBIDDEN']);
    await until(async () => (await codesIn(second, 'theirs', 'r1')).includes('FORBIDDEN'));
    const [late] = await fleet.start(1);
    expect(await codesIn(late, 'theirs', 'r1')).toEqual(['FORBIDDEN']);
    const before = fleet.upstream.calls.length;
    for (const gateway of [first, second, late]) expect(await codesIn(gateway, 'mine', 'r1')).toEqual([]);
    expect(fleet.upstream.calls).toHaveLength(before);
  });

  it("doesn't affect another key at any gateway", async () => {
    const [first, second] = await fleet.start(2, NEVER);
    for (const gateway of [first, second]) expect(await codesOf(gateway, 'r1', 'key-2')).toEqual([]);
    await fleet.storedForGood(2);
    const before = fleet.upstream.calls.length;
    for (const gateway of [first, second]) expect(await codesOf(gateway, 'r1')).toEqual([]);
    fleet.upstream.script = refuse;
    expect(await isRefused(first, 'r2')).toBe(true);
    await untilRefused(second);
    for (const gateway of [first, second]) expect(await codesOf(gateway, 'r1', 'key-2')).toEqual([]);
    expect(fleet.upstream.calls.slice(before).filter(({ key }) => key === 'key-2')).toEqual([]);
  });

  // The run is final: without the interval it would be served forever.
  it('is noticed after REAUTH_INTERVAL_MS without announcements', async () => {
    const { first, limited } = await startLimited(['-subscribe'], { REAUTH_INTERVAL_MS: '60000' });
    expect(await isRefused(first, 'r2')).toBe(true);
    fleet.upstream.script = answerOf;
    await succeedFor(first, 80_000);
    expect(await codesOf(limited, 'r1')).toEqual([]);
    expect(callsFor('r1')).toBe(4);
    fleet.upstream.script = refuse;
    expect(await isRefused(first, 'r3')).toBe(true);
    await fleet.skip(60_000);
    expect(await isRefused(limited, 'r1')).toBe(true);
  });

  it('ends after REAUTH_INTERVAL_MS, even where the run is cached', async () => {
    const [holder] = await fleet.start(1, { REAUTH_INTERVAL_MS: '60000' });
    await cacheAt(holder);
    await fleet.skip(60_000);
    expect(await isRefused(holder, 'r1')).toBe(true);
  });

  it('is renewed at all gateways by a success at one', async () => {
    const [first, second] = await fleet.start(2, { REAUTH_INTERVAL_MS: '60000' });
    await cacheAt(first, second);
    fleet.upstream.script = answerOf;
    await succeedFor(first, 80_000);
    expect(await codesOf(second, 'r1')).toEqual([]);
    expect(callsFor('r1')).toBe(2);
    await fleet.skip(60_000);
    expect(await codesOf(second, 'r1')).toEqual([]);
    expect(callsFor('r1')).toBeGreaterThan(2);
  });

  it('is rejected at once where noticed while Valkey is down', async () => {
    const { first, second } = await startTwo();
    await fleet.valkey.kill();
    expect(await isRefused(first, 'r2')).toBe(true);
    expect(await isRefused(first, 'r1')).toBe(true);
    expect(await codesOf(second, 'r1')).toEqual([]);
  });

  it('is not assumed after Valkey restarted empty', async () => {
    const [first, second] = await fleet.start(2, NEVER);
    for (const gateway of [first, second]) {
      expect(await codesOf(gateway, 'r1')).toEqual([]);
      await fleet.storedForGood(2);
    }
    await fleet.valkey.client.flushall();
    for (const gateway of [first, second]) {
      expect(await codesOf(gateway, 'r2')).toEqual([]);
      expect(await codesOf(gateway, 'r1')).toEqual([]);
    }
    expect(callsFor('r1')).toBe(2);
  });

  it("stores only the address's rate for keys never accepted", async () => {
    const [first] = await fleet.start(1);
    fleet.upstream.script = refuse;
    for (const key of ['made-up-1', 'made-up-2']) expect(await codesOf(first, 'r1', key)).toContain(REFUSED);
    await until(async () => (await fleet.names('call')).length === 0);
    const names = await fleet.valkey.client.keys('*');
    expect(names.filter((name) => !name.startsWith(`${PREFIX}:rate:`))).toEqual([]);
  });

  it('is rejected, and responses are read, under both secrets during rotation', async () => {
    const NEW = 'another-secret-that-all-gateways-will-share';
    const [old] = await fleet.start(1);
    expect(await codesOf(old, 'r1')).toEqual([]);
    await fleet.storedForGood(2);
    const [both] = await fleet.start(1, { FLEET_SECRET: `${NEW},${SECRET}` });
    expect(await codesOf(both, 'r1')).toEqual([]);
    expect(fleet.upstream.calls).toHaveLength(2);
    expect(await codesOf(both, 'r2')).toEqual([]);
    await fleet.storedForGood(4);
    const [next] = await fleet.start(1, { FLEET_SECRET: NEW });
    expect(await codesOf(next, 'r2')).toEqual([]);
    expect(fleet.upstream.calls).toHaveLength(4);
    fleet.upstream.script = refuse;
    expect(await isRefused(next, 'r3')).toBe(true);
    await untilRefused(both, 'r2');
    // Answers under the old secret are from before the withdrawal, which only the new secret has.
    fleet.upstream.script = answerOf;
    const [late] = await fleet.start(1, { FLEET_SECRET: `${NEW},${SECRET}` });
    expect(await codesOf(late, 'r4')).toEqual([]);
    const before = callsFor('r1');
    expect(await codesOf(late, 'r1')).toEqual([]);
    expect(callsFor('r1')).toBe(before + 2);
  });
});

const RUN = 'subscription { runUpdated(workflowId: "wf", id: "watched") { run { status } } }';
const RUNS = 'subscription { runsUpdated(workflowIds: ["wf"]) { runs { id } } }';
/** No poll is due for hours. */
const environment = { LIVE_TTL_MS: '3600000', UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows' };

/** The subscriptions of a rejected key end. Resolves with the number of calls for other keys. */
async function endAtOnce(count: number, redis: Readonly<Record<string, string>>): Promise<number> {
  const workflows = createScriptedWorkflows(['wf']);
  workflows.start('wf', 'watched', { status: 'running' });
  await using opened = new AsyncDisposableStack();
  const upstream = await startUpstream(workflows.script);
  opened.defer(() => upstream.close());
  const gateways = await Promise.all(
    Array.from({ length: count }, () => startGateway({ upstream, env: { ...environment, ...redis } })),
  );
  for (const gateway of gateways) opened.defer(() => gateway.close());
  const watch = async (key: string) => {
    const clients = await Promise.all(
      gateways.flatMap(({ url }) => [
        subscribe('graphql-sse', url, RUN, { key }),
        subscribe('graphql-ws', url, RUN, { key }),
        subscribe('graphql-ws', url, RUNS, { key }),
      ]),
    );
    for (const client of clients) await client.nextData();
    return clients;
  };
  const [withdrawn, other] = [await watch('key-1'), await watch('key-2')];
  const { script } = upstream;
  const callsOfOthers = () => upstream.calls.filter(({ key }) => key !== 'key-1').length;
  const before = callsOfOthers();
  upstream.script = (call) => (call.key === 'key-1' ? { status: 401 } : script(call));
  const refused = await gateways.at(-1)?.query('{ run(workflowId: "wf", id: "another") { status } }');
  expect(refused?.errors[0]?.extensions.code).toBe(REFUSED);
  for (const client of withdrawn) expect(await client.nextErrorCode()).toBe(REFUSED);
  for (const client of [...withdrawn, ...other]) client.cut();
  return callsOfOthers() - before;
}

describe('the subscriptions of a key that the upstream rejects', () => {
  it('end before their next poll', async () => {
    expect(await endAtOnce(1, {})).toBe(0);
  });
});

describeWithValkey(`the subscriptions of a key that the upstream rejects, in a fleet${withoutValkey}`, () => {
  it('end at all gateways', async () => {
    const valkey = await new Valkey().open();
    try {
      await endAtOnce(2, { REDIS_URL: valkey.url, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000' });
    } finally {
      await valkey.close();
    }
  });
});
