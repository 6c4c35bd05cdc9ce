import { beforeEach, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET } from '../harness/fleet.ts';
import { type GatewayOptions, TestGateway } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe } from '../harness/live-client.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const CANCEL = 'mutation { cancelRun(workflowId: "wf", id: "r1", idempotencyKey: "k") { run { status } } }';
const READ = '{ run(workflowId: "wf", id: "r1") { status } }';

describeWithValkey(`actions in a fleet${withoutValkey}`, () => {
  let status: string;
  beforeEach(() => {
    status = 'running';
  });
  const valkey = perTest(new Valkey());
  const upstream = perTest(
    new ScriptedUpstream(({ endpoint }) => {
      if (endpoint === 'cancel') status = 'cancelled';
      if (endpoint === 'run') return { json: [wireRun('r1', { status, end_time: null })] };
      return { json: endpoint === 'steps' ? [wireStep({ id: 's1' })] : {} };
    }),
  );
  const member = (): GatewayOptions => ({
    upstream,
    env: {
      // Without an action, nothing is read again during the test.
      ...{ UPSTREAM_ENDPOINTS: 'steps,run,cancel', LIVE_TTL_MS: '600000', FLEET_SECRET: SECRET },
      ...{ REDIS_URL: valkey.url, REDIS_TIMEOUT_MS: '1000' },
    },
  });
  const one = perTest(new TestGateway(member));
  const another = perTest(new TestGateway(member));
  const keep = cutAfterTest<LiveClient>();

  it('make one call for one key at two gateways', async () => {
    const answers = await Promise.all([one.query(CANCEL), another.query(CANCEL), one.query(CANCEL)]);
    for (const { data, errors } of answers) {
      expect(errors).toEqual([]);
      expect(data).toEqual({ cancelRun: { run: { status: 'CANCELLED' } } });
    }
    expect(upstream.count('cancel')).toBe(1);
  });

  it('appear at once to subscribers and readers of another gateway', async () => {
    const text = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
    const watcher = keep(await subscribe('graphql-sse', another.url, text, { key: 'key-1' }));
    expect(await watcher.nextData()).toEqual({ runUpdated: { run: { status: 'RUNNING' } } });
    await one.query(CANCEL);
    expect(await watcher.nextData()).toEqual({ runUpdated: { run: { status: 'CANCELLED' } } });
    expect((await another.query(READ)).data).toEqual({ run: { status: 'CANCELLED' } });
  });
});
