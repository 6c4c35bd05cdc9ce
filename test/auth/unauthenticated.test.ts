import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { healthy, startFaultyUpstream, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const RUN = `query ($id: ID!) { run(workflowId: "wf", id: $id) { status steps { id } } }`;

describe('a made-up key', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let reply: Reply;

  beforeEach(async () => {
    upstream = await startFaultyUpstream((call) => (call.key === 'real' ? healthy(call) : reply));
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const ask = (key: string, id = 'r1') => gateway.query(RUN, { key, variables: { id } });

  it.each([
    ['401', { status: 401 }],
    ['403', { status: 403 }],
    ['404, before it checks the key', { status: 404 }],
    ['500', { status: 500 }],
    ['no JSON', { raw: 'Forbidden' }],
  ])('leaves nothing behind where the upstream answers %s', async (_what, answer) => {
    reply = answer;
    await ask('real');
    const bytes = gateway.cachedBytes();
    for (let index = 0; index < 50; index += 1) {
      const { data, errors } = await ask(`made-up-${index}`, `r${index}`);
      expect(data).toEqual({ run: null });
      expect(errors.length).toBeGreaterThan(0);
    }
    expect(gateway.cachedBytes()).toBe(bytes);
    expect((await ask('real')).data).toEqual({ run: { status: 'COMPLETED', steps: [{ id: 'r1-step' }] } });
  });
});
