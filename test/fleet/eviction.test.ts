import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readProjectFile, service } from '../harness/compose.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { SECRET, startGateways, until } from '../harness/fleet.ts';
import { startGateway, type GraphqlAnswer, type TestGateway } from '../harness/gateway.ts';
import { captureLog, scrape } from '../support/observed.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const EXECUTE = `mutation Execute($idempotencyKey: String) {
  executeWorkflow(workflowId: "wf", idempotencyKey: $idempotencyKey) { run { id } }
}`;
const TEN_MINUTES_MS = 600_000;
/** At random, since answers are compressed. */
const ANSWER_BYTES = 100_000;
const KEYS = Array.from({ length: 10 }, (_, index) => `key ${index}`);

/** The policy that docker-compose.yml sets. */
function recommendedPolicy(): string {
  const words = service('valkey').command ?? [];
  return words[words.indexOf('--maxmemory-policy') + 1] ?? '';
}

describeWithValkey(`idempotency keys in a Valkey with little memory${withoutValkey}`, () => {
  let valkey: TestValkey;
  let upstream: FaultyUpstream;
  let first: TestGateway;
  let second: TestGateway;

  beforeEach(async () => {
    valkey = await startValkey();
    upstream = await startFaultyUpstream((call) => {
      const { endpoint, runId } = call;
      if (endpoint === 'execute') return { json: { run_id: `run-${upstream.count('execute')}`, message: 'started' } };
      if (endpoint === 'run') return { json: [wireRun(runId)] };
      const outputs = randomBytes(ANSWER_BYTES).toString('base64');
      return endpoint === 'steps' ? { json: [wireStep({ id: `${runId}-step`, outputs })] } : healthy(call);
    });
    [first, second] = (await startGateways(2, {
      UPSTREAM_URL: upstream.url,
      UPSTREAM_ENDPOINTS: 'steps,run,execute',
      REDIS_URL: valkey.url,
    })) as readonly [TestGateway, TestGateway];
  });
  afterEach(async () => {
    await Promise.all([first, second].map((gateway) => gateway.close()));
    await upstream.close();
    await valkey.close();
  });

  const setMemory = (limit: string, policy: string) =>
    valkey.client.config('SET', 'maxmemory', limit, 'maxmemory-policy', policy);

  const start = (gateway: TestGateway, idempotencyKey: string | null) =>
    gateway.query(EXECUTE, { variables: { idempotencyKey } });

  function runIn({ data, errors }: GraphqlAnswer): string {
    expect(errors).toEqual([]);
    return (data as { executeWorkflow: { run: { id: string } } }).executeWorkflow.run.id;
  }

  async function startEach(gateway: TestGateway): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const key of KEYS) ids.push(runIn(await start(gateway, key)));
    return ids;
  }

  const claims = () => valkey.client.keys('stepgate:start:*');
  const evictedKeys = async () => Number(/^evicted_keys:(\d+)/m.exec(await valkey.client.info('stats'))?.[1]);

  it('are not evicted for the cached answers of another caller, under the recommended policy', async () => {
    await setMemory('4mb', recommendedPolicy());
    const runs = await startEach(first);
    // More than once all that fits.
    for (let run = 0; (await evictedKeys()) < 100; run += 1) {
      const { errors } = await first.query(`{ run(workflowId: "wf", id: "r${run}") { steps { outputs } } }`, {
        key: 'another-caller',
      });
      expect(errors).toEqual([]);
    }
    expect(await startEach(second)).toEqual(runs);
    expect(upstream.count('execute')).toBe(KEYS.length);
  });

  it('are removed after their end by the next start with a key', async () => {
    await startEach(first);
    expect(await claims()).toHaveLength(KEYS.length);
    for (const name of await claims()) await valkey.client.zincrby('stepgate:starts', -TEN_MINUTES_MS, name);
    expect(runIn(await start(second, 'key 0'))).toBe('run-11');
    expect(await claims()).toHaveLength(1);
    expect(await valkey.client.zcard('stepgate:starts')).toBe(1);
  });

  it.each(['noeviction', 'volatile-lru'])('are refused before anything is sent when it is full: %s', async (policy) => {
    expect(runIn(await start(first, 'known'))).toBe('run-1');
    await setMemory('1', policy);
    const { data, errors } = await start(second, 'new');
    expect(data).toEqual({ executeWorkflow: null });
    expect(errors).toMatchObject([{ extensions: { code: 'IDEMPOTENCY_UNAVAILABLE', retryable: true } }]);
    expect(runIn(await start(second, 'known'))).toBe('run-1');
    expect(upstream.count('execute')).toBe(1);
    expect(runIn(await start(second, null))).toBe('run-2');
    await setMemory('0', policy);
    expect(runIn(await start(second, 'new'))).toBe('run-3');
    expect(runIn(await start(first, 'new'))).toBe('run-3');
  });
});

describeWithValkey(`the eviction policy of Valkey${withoutValkey}`, () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  async function startValkeyWith(policy: string, limit: string) {
    const valkey = await startValkey(['--maxmemory', limit, '--maxmemory-policy', policy]);
    opened.push(valkey);
    return valkey;
  }

  async function startLogged({ url }: TestValkey) {
    const log = captureLog('warn');
    const gateway = await startGateway(
      { REDIS_URL: url, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000' },
      { logger: log.logger },
    );
    opened.push(gateway);
    return {
      /** Waits until the policy has been read so often. */
      async warnings(reads: number) {
        const labels = { command: 'INFO', outcome: 'ok' };
        await until(async () => (await scrape(gateway.url)).value('stepgate_valkey_commands_total', labels) >= reads);
        return log.lines.filter(({ policy }) => policy !== undefined).map(({ policy, msg }) => ({ policy, msg }));
      },
    };
  }

  const EVICTS_KEYS =
    'Valkey may evict idempotency keys: a start that is sent again may start a second run. Set maxmemory-policy volatile-lru';
  const EVICTS_NOTHING =
    'Valkey evicts nothing: once it is full, nothing new is shared, and starts with an idempotency key are refused. ' +
    'Set maxmemory-policy volatile-lru';

  it.each([
    ['allkeys-lru', '10mb', EVICTS_KEYS],
    ['allkeys-lfu', '0', EVICTS_KEYS],
    ['noeviction', '10mb', EVICTS_NOTHING],
  ])('is logged with what is lost: %s, maxmemory %s', async (policy, limit, msg) => {
    const gateway = await startLogged(await startValkeyWith(policy, limit));
    expect(await gateway.warnings(1)).toEqual([{ policy, msg }]);
  });

  it.each([
    ['volatile-lru', '10mb'],
    ['volatile-lfu', '10mb'],
    ['noeviction', '0'],
  ])('is not logged where nothing is lost: %s, maxmemory %s', async (policy, limit) => {
    const gateway = await startLogged(await startValkeyWith(policy, limit));
    expect(await gateway.warnings(1)).toEqual([]);
  });

  it('is read each time that Valkey is back, also where it was away at the start, and logged once', async () => {
    const valkey = await startValkeyWith('allkeys-lru', '10mb');
    await valkey.kill();
    const gateway = await startLogged(valkey);
    await valkey.start();
    expect(await gateway.warnings(1)).toHaveLength(1);
    await valkey.kill();
    await valkey.start();
    expect(await gateway.warnings(2)).toHaveLength(1);
  });

  it('is the same in docker-compose.yml, for Kubernetes and in the docs', () => {
    for (const path of [
      'docker-compose.yml',
      'deploy/kubernetes/valkey.yaml',
      'docs/fleet.md',
      'docs/observability.md',
    ]) {
      const policies = readProjectFile(path).match(/(?<=maxmemory-policy[^a-z]+)[a-z]+-[a-z]+/g);
      expect({ path, policies: [...new Set(policies)] }).toEqual({ path, policies: ['volatile-lru'] });
    }
  });
});
