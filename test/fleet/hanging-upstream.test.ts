import { expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { passed } from '../harness/fleet.ts';
import { perTest } from '../harness/lasting.ts';
import { startScriptedFleet } from '../harness/scripted-fleet.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const LIVE = { status: 'running', end_time: null };
const QUERY = '{ run(workflowId: "wf", id: "r1") { status stepCounts { total } freshness { isStale } } }';
const answer = (isStale: boolean) => ({
  data: { run: { status: 'RUNNING', stepCounts: { total: 1 }, freshness: { isStale } } },
  errors: [],
});

describeWithValkey(`an upstream that hangs${withoutValkey}`, () => {
  const fleet = perTest(() =>
    startScriptedFleet(({ endpoint, runId }) => ({
      json: [endpoint === 'run' ? wireRun(runId, LIVE) : wireStep(LIVE)],
    })),
  );

  it('A hanging upstream delays no reader of three gateways after a failed call: each gets a stale answer', async () => {
    // The timeout is longer than the test.
    const gateways = await fleet.start(3, { UPSTREAM_TIMEOUT_MS: '600000', LIVE_TTL_MS: '100' });
    const askAll = () => Promise.all(gateways.map((gateway) => gateway.query(QUERY)));
    for (const found of await askAll()) expect(found).toMatchObject(answer(false));
    const { script } = fleet.upstream;
    fleet.upstream.script = () => ({ status: 500 });
    await passed(200);
    for (const found of await askAll()) expect(found).toMatchObject(answer(true));
    fleet.upstream.script = ({ cut }) => cut.then(() => ({}));
    for (let round = 0; round < 3; round += 1) {
      await passed(200);
      for (const found of await askAll()) expect(found).toMatchObject(answer(true));
    }
    fleet.upstream.script = script;
  });
});
