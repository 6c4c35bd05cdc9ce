/**
 * Tests the module: which withdrawals are dropped beyond the limit, and random schedules of denials and refusals,
 * cannot be seen from outside. Effects of a withdrawal: withdrawn-rights.test.ts.
 */
import { afterEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { readConfig } from '../../src/config/config.ts';
import { renewEpoch } from '../../src/fleet/answers/epochs.ts';
import { createWithdrawals } from '../../src/fleet/answers/withdrawals.ts';
import { createFleet } from '../../src/fleet/fleet.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { afterOnThisMachine } from '../../src/runs/timer.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET, until } from '../harness/fleet.ts';
import { startValkey } from '../harness/valkey.ts';

const MOST = 10_000;
const TTL_MS = 60_000;

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0).reverse()) each.close();
});

async function join(url: string) {
  const config = readConfig({ REDIS_URL: url, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '500' });
  const logger = pino({ level: 'silent' });
  const fleet = await createFleet({
    ...{ config, metrics: createMetrics(), logger, now: Date.now, after: afterOnThisMachine },
  });
  if (!fleet) throw new Error('expected a fleet, got none');
  const dropped: string[] = [];
  const drop = (id: string) => void dropped.push(id);
  const withdrawals = createWithdrawals(fleet, TTL_MS);
  withdrawals.listen(drop);
  opened.push(fleet, withdrawals);
  const withdraw = (id: string, hadRight: boolean) => {
    withdrawals.withdraw(id, { ids: [id], epochs: [id], hadRight });
  };
  const areWritten = (id: string) => withdrawals.areWritten(id);
  return { areWritten, withdraw, dropped };
}

it('the latest withdrawals that Valkey did not accept are kept, and made-up keys displace no real one', async () => {
  const { withdraw, areWritten } = await join('redis://127.0.0.1:1');
  withdraw('real', true);
  withdraw('learned', false);
  withdraw('learned', true);
  for (let index = 0; index < MOST; index += 1) withdraw(`made-up-${index}`, false);
  for (const kept of ['real', 'learned', 'made-up-2']) expect(await areWritten(kept)).toBe(false);
  expect(await areWritten('made-up-1')).toBe(true);
  for (let index = 0; index < MOST; index += 1) withdraw(`another-${index}`, true);
  expect(await areWritten('real')).toBe(true);
});

describeWithValkey(`a withdrawal${withoutValkey}`, () => {
  it('reaches every gateway, even after commands that Valkey refused, from any gateway that knew the right', async () => {
    const valkey = await startValkey();
    opened.push({ close: () => void valkey.close() });
    const [one, other] = [await join(valkey.url), await join(valkey.url)];
    await until(async () => Number((await valkey.client.pubsub('NUMSUB', 'stepgate:withdrawn'))[1]) === 2);
    const permit = (rule: string) => valkey.client.call('ACL', 'SETUSER', 'default', rule);
    const steps = fc.array(fc.constantFrom('deny', 'attempt', '-publish', '+publish', '-eval', '+eval'), {
      maxLength: 8,
    });
    const last = 'z'.repeat(43);
    let viewers = 0;
    await fc.assert(
      fc.asyncProperty(fc.boolean(), steps, async (isKnownHere, drawn) => {
        viewers += 1;
        const id = String(viewers).padStart(43, '0');
        // The first denial evicts the proof of the right, so the next ones come without it.
        let hadRight = isKnownHere;
        if (!isKnownHere) await renewEpoch(valkey.client, id, 1, TTL_MS);
        for (const step of [...drawn, 'deny', '+@all']) {
          if (step === 'attempt') await one.areWritten(id);
          else if (step !== 'deny') await permit(step);
          else {
            one.withdraw(id, hadRight);
            hadRight = false;
          }
        }
        await until(() => one.areWritten(id));
        await valkey.client.publish('stepgate:withdrawn', last);
        await until(() => other.dropped.includes(last));
        expect(other.dropped.splice(0)).toContain(id);
      }),
      { numRuns: 40, examples: [[true, ['-publish', 'deny', 'attempt', 'deny', 'attempt']]] },
    );
  });
});
