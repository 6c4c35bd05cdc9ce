import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { readProjectFile, service } from '../deploy/compose.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { Fleet } from '../harness/fleet.ts';
import type { TestGateway } from '../harness/gateway.ts';
import { execute, runIn } from '../harness/keyed-starts.ts';
import { perTest } from '../harness/lasting.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

/** Random, because answers are compressed. */
const ANSWER_BYTES = 100_000;
const KEYS = Array.from({ length: 10 }, (_, index) => `key ${index}`);

/** The policy that docker-compose.yml sets. */
function recommendedPolicy(): string {
  const words = service('valkey').command ?? [];
  return words[words.indexOf('--maxmemory-policy') + 1] ?? '';
}

describeWithValkey(`a Valkey with little memory${withoutValkey}`, () => {
  const fleet: Fleet = perTest(
    new Fleet(({ endpoint, runId }) => {
      const started = `run-${fleet.upstream.count('execute')}`;
      if (endpoint === 'execute') return { json: { run_id: started, message: `started ${started}` } };
      if (endpoint === 'run') return { json: [wireRun(runId)] };
      const outputs = randomBytes(ANSWER_BYTES).toString('base64');
      return { json: [wireStep({ id: `${runId}-step`, outputs })] };
    }),
  );
  const startTwo = () => fleet.start(2, { UPSTREAM_ENDPOINTS: 'steps,run,execute' });

  const setMemory = (limit: string, policy: string) =>
    fleet.valkey.client.config('SET', 'maxmemory', limit, 'maxmemory-policy', policy);
  const start = (gateway: TestGateway, idempotencyKey: string | null) => execute(gateway, { idempotencyKey });

  async function startEach(gateway: TestGateway): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const key of KEYS) ids.push(runIn(await start(gateway, key)));
    return ids;
  }

  const evictedKeys = async () => Number(/^evicted_keys:(\d+)/m.exec(await fleet.valkey.client.info('stats'))?.[1]);

  it('keeps idempotency keys while evicting responses, under the recommended policy', async () => {
    const [first, second] = await startTwo();
    await setMemory('4mb', recommendedPolicy());
    const runs = await startEach(first);
    // More than once the number of answers that fit.
    for (let run = 0; (await evictedKeys()) < 100; run += 1) {
      const { errors } = await first.query(`{ run(workflowId: "wf", id: "r${run}") { steps { outputs } } }`, {
        key: 'another-caller',
      });
      expect(errors).toEqual([]);
    }
    expect(await startEach(second)).toEqual(runs);
    expect(fleet.upstream.count('execute')).toBe(KEYS.length);
  });

  it.each(['noeviction', 'volatile-lru'])(
    'causes IDEMPOTENCY_UNAVAILABLE for new keys while full: %s',
    async (policy) => {
      const [first, second] = await startTwo();
      expect(runIn(await start(first, 'known'))).toBe('run-1');
      await setMemory('1', policy);
      const { data, errors } = await start(second, 'new');
      expect(data).toEqual({ executeWorkflow: null });
      expect(errors).toMatchObject([{ extensions: { code: 'IDEMPOTENCY_UNAVAILABLE', retryable: true } }]);
      expect(runIn(await start(second, 'known'))).toBe('run-1');
      expect(fleet.upstream.count('execute')).toBe(1);
      expect(runIn(await start(second, null))).toBe('run-2');
      await setMemory('0', policy);
      expect(runIn(await start(second, 'new'))).toBe('run-3');
      expect(runIn(await start(first, 'new'))).toBe('run-3');
    },
  );
});

it('recommends the same eviction policy in all files and docs', () => {
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
