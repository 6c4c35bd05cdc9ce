import { beforeEach, describe, expect, it } from '@jest/globals';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { createManualClock } from '../harness/clock.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET } from '../harness/fleet.ts';
import { type GatewayOptions, TestGateway } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe } from '../harness/live-client.ts';
import { until } from '../harness/until.ts';
import { healthy, ScriptedUpstream } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';
import { wireRun } from '../harness/wire.ts';

const START = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
const COMPLETED = { runUpdated: { run: { status: 'COMPLETED' } } };
const ENDPOINTS = 'steps,run,execute';

/** The upstream finds a run only some time after its start. */
describe('a run that was started', () => {
  /** The id of the next started run. */
  let runId: string;
  let isKnown: boolean;
  beforeEach(() => {
    [runId, isKnown] = ['started', false];
  });
  const upstream = perTest(
    new ScriptedUpstream((call) => {
      if (call.endpoint === 'execute') return { json: { run_id: runId } };
      return isKnown ? healthy(call) : { status: 404 };
    }),
  );
  const keep = cutAfterTest<LiveClient>();

  async function watch(gateway: TestGateway, id = 'started', key = 'key-1'): Promise<LiveClient> {
    const text = `subscription { runUpdated(workflowId: "wf", id: "${id}") { run { status } } }`;
    return keep(await subscribe('graphql-sse', gateway.url, text, { key }));
  }
  const errorCodeOf = async (watching: Promise<LiveClient>) => (await watching).nextErrorCode();

  describe('one gateway', () => {
    const clock = createManualClock();
    const gateway = perTest(new TestGateway({ upstream, env: { UPSTREAM_ENDPOINTS: ENDPOINTS }, clock }));

    const start = async (selection = START) => {
      expect((await gateway.query(selection)).errors).toEqual([]);
    };

    /** The seconds until the subscription ends with an error. */
    async function secondsUntilError(client: LiveClient): Promise<number> {
      const ended = client.nextErrorCode();
      // One timer of the keep-alive, one of the next poll.
      for (let seconds = 0; ; seconds += 1) {
        const code = await Promise.race([clock.timers(2), ended]);
        if (code !== undefined) {
          expect(code).toBe('NOT_FOUND');
          return seconds;
        }
        clock.advance(1000);
      }
    }

    it('is awaited for 10 seconds after its latest start', async () => {
      const keyed = 'mutation { executeWorkflow(workflowId: "wf", idempotencyKey: "a") { message } }';
      await start(keyed);
      clock.advance(4000);
      await start(keyed);
      expect(upstream.count('execute')).toBe(1);
      expect(await secondsUntilError(await watch(gateway))).toBe(10);
    });

    it('is awaited only for its caller, and no other run is', async () => {
      await start();
      expect(await errorCodeOf(watch(gateway, 'started', 'key-2'))).toBe('NOT_FOUND');
      expect(await errorCodeOf(watch(gateway, 'another'))).toBe('NOT_FOUND');
    });

    it('is forgotten once beyond 1 MiB, oldest first', async () => {
      upstream.script = (call) => {
        if (call.endpoint !== 'execute') return { status: 404 };
        return { json: { run_id: `${upstream.count('execute')}`.padStart(500, '0') } };
      };
      const many = Array.from({ length: 50 }, (_, index) => `a${index}: executeWorkflow(workflowId: "wf") { message }`);
      for (let batch = 0; batch < 20; batch += 1) await start(`mutation { ${many.join(' ')} }`);
      const idOf = (number: number) => String(number).padStart(500, '0');
      expect(await errorCodeOf(watch(gateway, idOf(1)))).toBe('NOT_FOUND');
      expect(await secondsUntilError(await watch(gateway, idOf(600)))).toBe(10);
    });
  });

  describeWithValkey(`a fleet${withoutValkey}`, () => {
    const valkey = perTest(new Valkey());
    const member = (): GatewayOptions => ({
      upstream,
      env: {
        ...{ UPSTREAM_ENDPOINTS: ENDPOINTS, FLEET_SECRET: SECRET },
        ...{ REDIS_URL: valkey.url, REDIS_TIMEOUT_MS: '1000' },
      },
    });
    const starter = perTest(new TestGateway(member));
    const watcher = perTest(new TestGateway(member));

    async function isWaitedForAt(gateway: TestGateway): Promise<void> {
      isKnown = false;
      const asked = upstream.nextCall();
      const watching = watch(gateway);
      await asked;
      isKnown = true;
      expect(await (await watching).nextData()).toEqual(COMPLETED);
    }

    it('is awaited only where it was started while Valkey is down', async () => {
      await starter.query(START);
      await valkey.kill();
      expect(await errorCodeOf(watch(watcher))).toBe('NOT_FOUND');
      await isWaitedForAt(starter);
    });

    it('is awaited everywhere, only for its caller', async () => {
      await starter.query(START);
      expect(await errorCodeOf(watch(watcher, 'another'))).toBe('NOT_FOUND');
      expect(await errorCodeOf(watch(watcher, 'started', 'key-2'))).toBe('NOT_FOUND');
      const [name = ''] = await valkey.client.keys(`${PREFIX}:started:*`);
      const leftMs = await valkey.client.pttl(name);
      expect(leftMs).toBeGreaterThan(5000);
      expect(leftMs).toBeLessThanOrEqual(10_000);
      await isWaitedForAt(watcher);
    });

    it('is awaited during secret rotation', async () => {
      await watcher.restart({ env: { FLEET_SECRET: `${'n'.repeat(40)},${SECRET}` } });
      await starter.query(START);
      await isWaitedForAt(watcher);
    });

    it('is the only one awaited, even with a slow Valkey', async () => {
      upstream.script = async () => {
        await valkey.client.call('CLIENT', 'PAUSE', '50');
        return { status: 404 };
      };
      expect(await errorCodeOf(watch(watcher))).toBe('NOT_FOUND');
    });
  });
});

describe('the history of a workflow in which a run was started', () => {
  const HISTORY = '{ workflow(id: "wf") { runs(first: 5) { nodes { id } } } }';
  let runIds: string[];
  /** Lists wait for it. */
  let gate: Promise<unknown>;
  beforeEach(() => {
    [runIds, gate] = [['old'], Promise.resolve()];
  });
  const upstream = perTest(
    new ScriptedUpstream(async ({ endpoint }) => {
      if (endpoint === 'execute') {
        runIds = ['new', ...runIds];
        return { json: { run_id: 'new' } };
      }
      const json = runIds.map((id) => wireRun(id));
      await gate;
      return { json };
    }),
  );
  /** A cached list would be served for an hour. */
  const SETTINGS = { UPSTREAM_ENDPOINTS: 'steps,run,runs,execute', LIVE_TTL_MS: '3600000' };
  const idsAt = async (gateway: TestGateway, key = 'key-1') => {
    const { data } = await gateway.query(HISTORY, { key });
    return (data as { workflow: { runs: { nodes: { id: string }[] } } }).workflow.runs.nodes.map(({ id }) => id);
  };
  /** The whole answer is also cached. */
  const cacheAt = async (gateway: TestGateway, key?: string) => {
    for (let time = 0; time < 3; time += 1) expect(await idsAt(gateway, key)).toEqual(['old']);
  };

  describe('one gateway', () => {
    const gateway = perTest(new TestGateway({ upstream, env: SETTINGS }));

    it('has the run at once, and stays cached for other callers', async () => {
      await cacheAt(gateway);
      await cacheAt(gateway, 'key-2');
      const calls = upstream.count('runs');
      await gateway.query(START);
      for (let time = 0; time < 3; time += 1) expect(await idsAt(gateway)).toEqual(['new', 'old']);
      await cacheAt(gateway, 'key-2');
      expect(upstream.count('runs')).toBe(calls + 1);
    });

    it('is requested again even if an earlier call is in progress', async () => {
      await gateway.query(START);
      runIds = ['old'];
      const held = Promise.withResolvers<undefined>();
      gate = held.promise;
      const asked = upstream.nextCall();
      const early = idsAt(gateway);
      await asked;
      gate = Promise.resolve();
      await gateway.query(START);
      expect(await idsAt(gateway)).toEqual(['new', 'old']);
      held.resolve(undefined);
      // The newest answer wins.
      expect(await early).toEqual(['new', 'old']);
      expect(await idsAt(gateway)).toEqual(['new', 'old']);
    });
  });

  describeWithValkey(`a fleet${withoutValkey}`, () => {
    const valkey = perTest(new Valkey());
    const member = (): GatewayOptions => ({
      upstream,
      env: { ...SETTINGS, REDIS_URL: valkey.url, REDIS_TIMEOUT_MS: '1000', FLEET_SECRET: SECRET },
    });
    const starter = perTest(new TestGateway(member));
    const other = perTest(new TestGateway(member));

    it('has the run at each gateway', async () => {
      await cacheAt(starter);
      await cacheAt(other);
      await starter.query(START);
      expect(await idsAt(starter)).toEqual(['new', 'old']);
      await until(async () => (await idsAt(other)).includes('new'));
    });
  });
});
