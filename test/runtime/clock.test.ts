/** A test cannot set a machine's clock, so the gateway gets `createClock` over the test's own clocks. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createClock } from '../../src/runtime/clock.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { Issuer, secondsOf } from '../harness/issuer.ts';
import { subscribe } from '../harness/live-client.ts';
import { until } from '../harness/until.ts';
import { type ScriptedUpstream, startUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const TEN_MINUTES = 600_000;
const TTL_MS = 1000;
const RUN = '{ run(workflowId: "wf", id: "r1") { outputs freshness { fetchedAt } } }';
const LIVE = 'subscription { runUpdated(workflowId: "wf", id: "r2") { run { outputs } } }';

describe('a machine clock that is set back by ten minutes', () => {
  let setBackMs: number;
  let state: number;
  let machine: ManualClock;
  let upstream: ScriptedUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    [setBackMs, state] = [0, 1];
    machine = createManualClock();
    upstream = await startUpstream(({ endpoint, runId }) =>
      endpoint === 'run'
        ? { json: [wireRun(runId, { status: 'running', end_time: null, outputs: `state ${state}` })] }
        : { json: [wireStep()] },
    );
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.close();
    await upstream.close();
  });
  const wallMs = () => machine.now() - setBackMs;
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    const clock = { ...createClock(wallMs, machine.now), after: machine.after };
    gateway = await startGateway({ upstream, env: { LIVE_TTL_MS: String(TTL_MS), ...environment }, clock });
  };
  const query = (document: string, key = 'key-1') => gateway.query(document, { key });
  const setBack = (): void => {
    setBackMs = TEN_MINUTES;
    state += 1;
  };

  it('extends no cached data', async () => {
    await start();
    expect((await query(RUN)).data).toMatchObject({ run: { outputs: 'state 1' } });
    const live = await subscribe('graphql-sse', gateway.url, LIVE);
    expect(await live.nextData()).toEqual({ runUpdated: { run: { outputs: 'state 1' } } });
    setBack();
    machine.advance(TTL_MS);
    const fetchedAt = new Date(wallMs()).toISOString().replace('Z', '');
    expect((await query(RUN)).data).toEqual({
      run: { outputs: 'state 2', freshness: { fetchedAt: expect.stringContaining(fetchedAt) } },
    });
    expect(await live.nextData()).toEqual({ runUpdated: { run: { outputs: 'state 2' } } });
    live.leave();
  });

  it('extends no right', async () => {
    await start({ LIVE_TTL_MS: '60000', REAUTH_INTERVAL_MS: '5000' });
    expect((await query(RUN)).errors).toEqual([]);
    setBack();
    upstream.script = () => ({ status: 401 });
    machine.advance(5000);
    expect((await query(RUN)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  it('decides on token expiry by its new time', async () => {
    const issuer = await new Issuer(wallMs).open();
    await start({ ...issuer.env, REAUTH_INTERVAL_MS: '5000' });
    setBack();
    const token = await issuer.token({ exp: secondsOf(wallMs()) + 60, nbf: secondsOf(wallMs()) });
    const codes = async () => (await query(RUN, token)).errors.map(({ extensions }) => extensions.code);
    expect(await codes()).toEqual([]);
    machine.advance(59_000);
    expect(await codes()).toEqual([]);
    machine.advance(1000);
    expect(await codes()).toEqual(['UNAUTHENTICATED']);
    await issuer.close();
  });

  it('changes nothing for gateways on the clock of the machine', async () => {
    const realNow = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() - setBackMs);
    gateway = await startGateway({ upstream, env: { LIVE_TTL_MS: '20' } });
    await query(RUN);
    setBack();
    await until(async () => JSON.stringify((await query(RUN)).data).includes('state 2'));
  });
});

it('follows the machine clock evenly, and never goes back', () => {
  const moves = fc.array(
    fc.record({
      wallMs: fc.integer({ min: -5000, max: 5000 }),
      elapsedMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(moves, (all) => {
      let [wallMs, elapsedMs, latestMs] = [1_700_000_000_000, 0, 0];
      const { now, wallOf } = createClock(
        () => Math.floor(wallMs),
        () => elapsedMs,
      );
      for (const move of [{ wallMs: 0, elapsedMs: 0 }, ...all]) {
        elapsedMs += move.elapsedMs;
        wallMs += move.elapsedMs + move.wallMs;
        const readMs = now();
        const evenMs = latestMs + move.elapsedMs;
        expect(readMs).toBeGreaterThanOrEqual(latestMs);
        expect(Math.abs(readMs - Math.max(evenMs, wallMs))).toBeLessThanOrEqual(2);
        expect(Math.abs(wallOf(readMs) - wallMs)).toBeLessThanOrEqual(2);
        latestMs = readMs;
      }
    }),
  );
});
