import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createStartedRuns } from '../../src/runs/starts/started-runs.ts';
import { createManualClock } from '../harness/clock.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET } from '../harness/fleet.ts';
import { joinFleet } from '../support/join-fleet.ts';
import { readFigures } from '../support/observed.ts';
import { viewerOf } from '../support/operations.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const AWAITED_MS = 10_000;
const REF = { workflowId: 'wf', runId: 'r1' };
const ADA = viewerOf('ada');

describeWithValkey(`the runs that a fleet has started${withoutValkey}`, () => {
  let valkey: TestValkey;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(() => valkey.client.flushall());
  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
  });
  afterAll(() => valkey.close());

  async function join({ url = valkey.url, secrets = SECRET, source = 'upstream' } = {}) {
    const fleet = await joinFleet(url, { FLEET_SECRET: secrets });
    opened.push(fleet);
    const clock = createManualClock();
    const startedRuns = createStartedRuns({ fleet, source, now: clock.now });
    const commands = async () => readFigures(await fleet.figures.scrape()).counts('stepgate_valkey_commands_total');
    return { ...startedRuns, clock, commands };
  }

  it('are awaited at each gateway of the same upstream by whoever started them, for ten seconds', async () => {
    const [one, other, elsewhere] = [await join(), await join(), await join({ source: 'another upstream' })];
    await one.add(ADA, REF);
    expect(await other.isAwaited(ADA, REF)).toBe(true);
    expect(await elsewhere.isAwaited(ADA, REF)).toBe(false);
    expect(await other.isAwaited(viewerOf('bob'), REF)).toBe(false);
    expect(await other.isAwaited(ADA, { ...REF, runId: 'r2' })).toBe(false);
    const [name = '', ...others] = await valkey.client.keys('*');
    expect([name, others]).toEqual([expect.stringMatching(/^stepgate:started:/), []]);
    const leftMs = await valkey.client.pttl(name);
    expect(leftMs).toBeGreaterThan(AWAITED_MS / 2);
    expect(leftMs).toBeLessThanOrEqual(AWAITED_MS);
    expect(await one.commands()).toMatchObject({ 'STORE ok': 1 });
    expect(await other.commands()).toMatchObject({ 'READ ok': 3 });
  });

  it('are known to the gateway that started them without Valkey', async () => {
    const one = await join();
    await one.add(ADA, REF);
    expect(await one.isAwaited(ADA, REF)).toBe(true);
    one.clock.advance(AWAITED_MS);
    expect(await one.isAwaited(ADA, REF)).toBe(false);
    expect(await one.commands()).not.toHaveProperty(['READ ok']);
  });

  it('are found while the secret is changed', async () => {
    const next = 'another-secret-that-all-gateways-of-it-share';
    const [old, changing] = [await join(), await join({ secrets: `${next},${SECRET}` })];
    await old.add(ADA, REF);
    expect(await changing.isAwaited(ADA, REF)).toBe(true);
    const later = { ...REF, runId: 'r2' };
    await changing.add(ADA, later);
    expect(await (await join({ secrets: next })).isAwaited(ADA, later)).toBe(true);
  });

  it('are those of this gateway alone while Valkey is away', async () => {
    const alone = await join({ url: 'redis://127.0.0.1:1' });
    await alone.add(ADA, REF);
    expect(await alone.isAwaited(ADA, REF)).toBe(true);
    expect(await alone.isAwaited(ADA, { ...REF, runId: 'r2' })).toBe(false);
  });
});
