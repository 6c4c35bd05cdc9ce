import { hash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET } from '../harness/fleet.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

/** `npm run soak -- redaction-in-a-fleet [seed] [runs]` uses other values. */
const { SOAK_SEED = '4711', SOAK_RUNS = '300' } = process.env;
const MARKER = 'MARKER-4711';
const sha256 = (key: string) => hash('sha256', key, 'hex');

const FIELDS = [
  'error inputs outputs',
  'isRedacted errorInfo { message }',
  'steps { inputs error isRedacted }',
  'failedSteps { outputs conversation { messages { content } } }',
  'totalElapsedTime steps { durationMs }',
];

describeWithValkey(`redaction in a fleet${withoutValkey}`, () => {
  const valkey = perBlock(new Valkey());
  const upstream = perBlock(
    new ScriptedUpstream(({ endpoint, runId }) => {
      const payload = {
        inputs: { marker: MARKER },
        outputs: { text: `of ${runId}: ${MARKER}` },
        error: `No ${MARKER}`,
      };
      if (endpoint === 'steps') return { json: [wireStep({ id: runId, status: 'failed', ...payload })] };
      if (endpoint === 'run') return { json: [wireRun(runId, { status: 'failed', ...payload })] };
      return { status: 404, json: {} };
    }),
  );
  const create = () =>
    new TestGateway(() => ({
      upstream,
      env: {
        ...{ REDIS_URL: valkey.url, REDIS_TIMEOUT_MS: '1000', FLEET_SECRET: SECRET },
        ...{ UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'service-key', CACHE_MAX_BYTES: '100000' },
        GATEWAY_KEYS_SHA256: `support+payloads:read:${sha256('support')},board:${sha256('board')}`,
      },
      redaction: { rules: [{ patterns: ['MARKER-\\d+'], unless: 'payloads:read' }] },
    }));
  const gateways = [perBlock(create()), perBlock(create()), perBlock(create())] as const;

  it('never gives one caller what another may read, at any gateway', async () => {
    const seen = { support: 0, board: 0 };
    const asked = fc.record({
      key: fc.constantFrom('support', 'board'),
      gateway: fc.constantFrom<TestGateway>(...gateways),
      run: fc.nat(20),
      fields: fc.constantFrom(...FIELDS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 2, maxLength: 10 }), async (all) => {
        await Promise.all(
          all.map(async ({ key, gateway, run, fields }) => {
            const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "r${run}") { ${fields} } }`, {
              key,
            });
            expect(errors).toEqual([]);
            const text = JSON.stringify(data);
            if (text.includes(MARKER)) seen[key] += 1;
            expect(text.includes('[redacted]') && key === 'support').toBe(false);
          }),
        );
      }),
      { seed: Number(SOAK_SEED), numRuns: Number(SOAK_RUNS) },
    );
    expect(seen.board).toBe(0);
    expect(seen.support).toBeGreaterThan(Number(SOAK_RUNS) / 2);
    const names = await valkey.client.keys('*');
    const values = await Promise.all(names.map((name) => valkey.client.getBuffer(name).catch(() => null)));
    expect(names.length).toBeGreaterThan(20);
    for (const value of [...names, ...values]) expect(value?.includes('MARKER') ?? false).toBe(false);
  });
});
