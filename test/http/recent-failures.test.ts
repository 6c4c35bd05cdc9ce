import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

describe('a run that was not found', () => {
  let clock: ManualClock;
  let upstream: FaultyUpstream;
  const opened: TestGateway[] = [];

  const join = async (liveTtlMs = 1000) => {
    const environment = { UPSTREAM_URL: upstream.url, LIVE_TTL_MS: String(liveTtlMs) };
    const gateway = await startGateway(environment, { now: clock.now });
    opened.push(gateway);
    return gateway;
  };
  beforeEach(async () => {
    clock = createManualClock();
    upstream = await startFaultyUpstream();
    // A key must be accepted before anything is remembered for it.
    const { script } = upstream;
    upstream.script = (call) => (call.runId === 'there' ? script(call) : { status: 404 });
  });
  afterEach(async () => {
    for (const gateway of opened.splice(0)) await gateway.close();
    await upstream.close();
  });

  /** How many calls it takes. */
  async function callsOf(gateway: TestGateway, ids: readonly string[]): Promise<number> {
    const before = upstream.calls.length;
    const fields = ids.map((id, index) => `a${index}: run(workflowId: "wf", id: "${id}") { status }`);
    const { errors } = await gateway.query(`{ ${fields.join(' ')} }`);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(ids.map(() => 'NOT_FOUND'));
    return upstream.calls.length - before;
  }

  it('is not asked for again within a second, and never later than data may be old', async () => {
    for (const [liveTtlMs, pauseMs] of [
      [1000, 1000],
      [5000, 1000],
      [100, 100],
    ] as const) {
      const gateway = await join(liveTtlMs);
      await gateway.query('{ run(workflowId: "wf", id: "there") { status } }');
      expect(await callsOf(gateway, ['gone'])).toBeGreaterThan(0);
      clock.advance(pauseMs - 1);
      expect(await callsOf(gateway, ['gone'])).toBe(0);
      clock.advance(1);
      expect(await callsOf(gateway, ['gone'])).toBeGreaterThan(0);
    }
  });

  it('is forgotten earlier where all of them take more than 1 MiB, the oldest first', async () => {
    const gateway = await join();
    await gateway.query('{ run(workflowId: "wf", id: "there") { status } }');
    const idOf = (number: number) => `${number}${'x'.repeat(500)}`;
    const [batches, size] = [20, 25];
    for (let batch = 0; batch < batches; batch += 1) {
      await callsOf(
        gateway,
        Array.from({ length: size }, (_, index) => idOf(batch * size + index)),
      );
    }
    const isRemembered = async (number: number) => (await callsOf(gateway, [idOf(number)])) === 0;
    expect([await isRemembered(batches * size - 1), await isRemembered(batches * size - 100)]).toEqual([true, true]);
    expect(await isRemembered(0)).toBe(false);
  });
});
