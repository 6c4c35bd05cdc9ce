import { expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { wireRun } from '../harness/wire.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { outputs } }';
const clock = createManualClock();
const gateway = perTest(new TestGateway({ clock, env: { LIVE_TTL_MS: '2000' } }));
const { upstream } = gateway;

it('reads a live run again after LIVE_TTL_MS', async () => {
  upstream.script = ({ runId }) => ({
    json: [wireRun(runId, { status: 'running', end_time: null, outputs: 'so far' })],
  });
  expect(await gateway.data(RUN)).toEqual({ run: { outputs: 'so far' } });
  expect(await upstream.callsOf(() => gateway.data(RUN))).toBe(0);
  clock.advance(2001);
  expect(await upstream.callsOf(() => gateway.data(RUN))).toBe(1);
});

it('reports a rejected key at the field', async () => {
  upstream.script = () => ({ status: 403 });
  expect(await gateway.codes(RUN)).toEqual(['FORBIDDEN']);
});
