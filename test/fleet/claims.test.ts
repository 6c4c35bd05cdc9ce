import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createClaims, type Claims } from '../../src/runs/starts/claims.ts';
import { describeWithValkey, withoutValkey } from '../support/describe-with-valkey.ts';
import { joinFleet, until, type TestFleet } from '../support/fleet.ts';
import { startValkey, type TestValkey } from '../support/valkey.ts';

const BOUND_BYTES = 4 * 2 ** 20;
/** More than the bound holds, also where hexadecimal digits take half a byte. */
const STARTS = 250;
const RECORD_BYTES = 60_000;
/** Names and overheads count, too. */
const LEAST_BYTES = 0.9 * BOUND_BYTES;

describeWithValkey(`outcomes of starts that Valkey could not be told${withoutValkey}`, () => {
  let valkey: TestValkey;
  let fleet: TestFleet;
  let claims: Claims;

  beforeEach(async () => {
    valkey = await startValkey();
    fleet = await joinFleet(valkey.url);
    claims = createClaims({ fleet, source: 'upstream', maxWaitMs: 1000, now: Date.now });
  });
  afterEach(async () => {
    claims.close();
    fleet.close();
    await valkey.close();
  });

  const claimOf = (index: number) =>
    claims.of({ viewerId: 'viewer', identity: 'viewer', key: `key-${index}`, workflowId: 'wf', inputs: {} });
  /** At random, since what is written is compressed. */
  const message = () => randomBytes(RECORD_BYTES / 2).toString('hex');
  const outcome = (index: number) =>
    ({ state: 'started', fingerprint: 'f', at: 0, runId: `run-${index}`, message: message() }) as const;
  const underWay = { state: 'underWay', fingerprint: 'f', at: 0 } as const;

  async function bytesInValkey(): Promise<number> {
    const lengths = (await valkey.client.keys('*')).map((name) => valkey.client.strlen(name));
    return (await Promise.all(lengths)).reduce((sum, length) => sum + length, 0);
  }

  it('are told when it is back, the latest 4 MiB of them', async () => {
    const taken = Array.from({ length: STARTS }, (_, index) => claimOf(index));
    for (const claim of taken) expect(await claim.take(underWay)).toBeNull();
    await valkey.kill();
    for (const [index, claim] of taken.entries()) await claim.settle(outcome(index));
    await valkey.start();
    await until(async () => (await bytesInValkey()) > LEAST_BYTES);

    const newest = await claimOf(STARTS - 1).take(underWay);
    expect(newest).toMatchObject({ state: 'started', runId: `run-${STARTS - 1}` });
    // The claim is free: nobody was told of the oldest.
    expect(await claimOf(0).take(underWay)).toBeNull();
    expect(await bytesInValkey()).toBeLessThan(BOUND_BYTES);
  });
});
