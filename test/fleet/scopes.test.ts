import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateways, until } from '../harness/fleet.ts';
import type { TestGateway } from '../harness/gateway.ts';
import { startIssuer, type Claims, type Issuer } from '../harness/issuer.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const WORKFLOWS = ['a', 'b'].map((id) => wireWorkflow(id, { organization_id: `org-${id}` }));
const RUN = '{ run(workflowId: "a", id: "r1") { outputs steps { id } } }';
const LIST = '{ workflows { nodes { id } } }';

describeWithValkey(`a fleet in service mode${withoutValkey}`, () => {
  let valkey: TestValkey;
  let issuer: Issuer;
  let upstream: FaultyUpstream;
  let gateways: readonly TestGateway[];

  beforeEach(async () => {
    [valkey, issuer] = await Promise.all([startValkey(), startIssuer(Date.now)]);
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'workflows') return { json: WORKFLOWS };
      if (endpoint === 'run') return { json: [wireRun(runId, { outputs: 'of a' })] };
      return { json: [wireStep({ organization_id: 'org-a' })] };
    });
    gateways = await startGateways(2, {
      UPSTREAM_URL: upstream.url,
      REDIS_URL: valkey.url,
      ...issuer.environment,
      AUTH_ORGANIZATION_CLAIM: 'org',
      UPSTREAM_ENDPOINTS: 'steps,run,workflows',
    });
  });
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await Promise.all([issuer.close(), upstream.close()]);
    await valkey.close();
  });

  const ask = async (gateway: TestGateway | undefined, claims: Claims, query: string) => {
    const answer = await gateway?.query(query, { key: await issuer.token(claims) });
    return { data: answer?.data, codes: answer?.errors.map(({ extensions }) => extensions.code) };
  };

  it('shares between tokens of the same scope, and nothing with those of another', async () => {
    const [first, second] = gateways;
    const found = { data: { run: { outputs: 'of a', steps: [{ id: 'step-1' }] } }, codes: [] };
    expect(await ask(first, { org: 'org-a', sub: 'ada' }, RUN)).toEqual(found);
    await until(async () => (await valkey.client.keys('stepgate:answer:*')).length >= 2);
    const calls = () => upstream.count('run') + upstream.count('steps');
    const before = calls();
    for (let time = 0; time < 3; time += 1) {
      expect(await ask(second, { org: 'org-a', sub: 'bob' }, RUN)).toEqual(found);
      expect(await ask(second, { org: 'org-b' }, RUN)).toEqual({ data: { run: null }, codes: ['NOT_FOUND'] });
    }
    expect(calls()).toBe(before);
  });

  it('applies the scope to what it reads: the upstream lists the workflows of all', async () => {
    for (const gateway of gateways) {
      for (const each of ['a', 'b']) {
        const { data } = await ask(gateway, { org: `org-${each}` }, LIST);
        expect(data).toEqual({ workflows: { nodes: [{ id: each }] } });
      }
      await until(async () => (await valkey.client.keys('stepgate:answer:*')).length >= 2);
    }
  });
});
