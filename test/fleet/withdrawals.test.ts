import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { renewEpoch } from '../../src/runs/shared/epochs.ts';
import { createWithdrawals } from '../../src/runs/shared/withdrawals.ts';
import { afterOnThisMachine } from '../../src/runs/timer.ts';
import { createManualClock } from '../harness/clock.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet } from '../support/join-fleet.ts';
import { readFigures } from '../support/observed.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const MOST = 10_000;

it('remembers the latest withdrawals that Valkey could not be told, and reads nothing of these viewers', async () => {
  const fleet = await joinFleet('redis://127.0.0.1:1');
  const withdrawals = createWithdrawals({ fleet, ttlMs: 1000, drop: () => undefined, after: afterOnThisMachine });
  for (let index = 0; index <= MOST; index += 1) {
    withdrawals.withdraw(`viewer-${index}`, { ids: [`viewer-${index}`], epochs: [`epoch-${index}`], hadRight: true });
  }
  expect(await withdrawals.areWritten('viewer-0')).toBe(true);
  expect(await withdrawals.areWritten('viewer-1')).toBe(false);
  expect(await withdrawals.areWritten(`viewer-${MOST}`)).toBe(false);
  withdrawals.close();
  fleet.close();
});

it('forgets none of a viewer who had a right for those of keys that may be made up', async () => {
  const fleet = await joinFleet('redis://127.0.0.1:1');
  const withdrawals = createWithdrawals({ fleet, ttlMs: 1000, drop: () => undefined, after: afterOnThisMachine });
  const withdraw = (name: string, hadRight: boolean) => {
    withdrawals.withdraw(name, { ids: [name], epochs: [`epoch of ${name}`], hadRight });
  };
  withdraw('real', true);
  withdraw('learned', false);
  withdraw('learned', true);
  for (let index = 0; index < MOST; index += 1) withdraw(`made-up-${index}`, false);
  expect(await withdrawals.areWritten('real')).toBe(false);
  expect(await withdrawals.areWritten('learned')).toBe(false);
  expect(await withdrawals.areWritten('made-up-1')).toBe(true);
  expect(await withdrawals.areWritten('made-up-2')).toBe(false);
  withdrawals.close();
  fleet.close();
});

describeWithValkey(`withdrawals of rights${withoutValkey}`, () => {
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

  const idOf = (letter: string): string => letter.repeat(43);
  const isHeard = async (gateways: number) => {
    await until(async () => Number((await valkey.client.pubsub('NUMSUB', 'stepgate:withdrawn'))[1]) === gateways);
  };

  async function join(after = afterOnThisMachine) {
    const fleet = await joinFleet(valkey.url);
    const dropped: string[] = [];
    const withdrawals = createWithdrawals({ fleet, ttlMs: 60_000, drop: (id) => dropped.push(id), after });
    opened.push(withdrawals, fleet);
    const commands = async () => readFigures(await fleet.figures.scrape()).counts('stepgate_valkey_commands_total');
    return { ...withdrawals, dropped, commands };
  }

  const epochs = () => valkey.client.keys('*');
  const withdrawal = (letter: string, hadRight = true) => ({
    ids: [idOf(letter), idOf(letter.toUpperCase())],
    epochs: [`epoch ${letter}`, `other epoch ${letter}`],
    hadRight,
  });

  it('are written in each epoch, and told to all gateways by each of the viewer’s ids', async () => {
    const [one, other] = [await join(), await join()];
    await isHeard(2);
    one.withdraw(idOf('a'), withdrawal('a'));
    expect(await one.areWritten(idOf('a'))).toBe(true);
    await until(() => other.dropped.length > 0);
    expect(other.dropped).toEqual([idOf('a'), idOf('A')]);
    expect((await epochs()).sort()).toEqual(['epoch a', 'other epoch a']);
    expect(await valkey.client.pttl('epoch a')).toBeGreaterThan(30_000);
    expect(await one.commands()).toHaveProperty(['WITHDRAW ok']);
  });

  it('are written and told once more where the viewer is denied meanwhile: a call may have succeeded in between', async () => {
    const [one, other] = [await join(), await join()];
    await isHeard(2);
    for (let time = 0; time < 2; time += 1) one.withdraw(idOf('a'), withdrawal('a'));
    expect(await one.areWritten(idOf('a'))).toBe(true);
    one.withdraw(idOf('b'), withdrawal('b'));
    await until(() => other.dropped.includes(idOf('B')));
    expect(other.dropped).toEqual([idOf('a'), idOf('A'), idOf('a'), idOf('A'), idOf('b'), idOf('B')]);
  });

  it('are told by nobody where nobody knew of a right', async () => {
    const [one, other] = [await join(), await join()];
    await isHeard(2);
    one.withdraw(idOf('a'), withdrawal('a', false));
    expect(await one.areWritten(idOf('a'))).toBe(true);
    one.withdraw(idOf('b'), withdrawal('b'));
    await until(() => other.dropped.length > 0);
    expect(other.dropped).toEqual([idOf('b'), idOf('B')]);
    expect((await epochs()).sort()).toEqual(['epoch b', 'other epoch b']);
  });

  it('are not believed where they are no list of ids', async () => {
    const one = await join();
    await isHeard(1);
    const ten = Array.from({ length: 10 }, () => idOf('a')).join(' ');
    for (const payload of ['', 'a', `${idOf('a')} `, `${idOf('a')}a`, `x ${idOf('a')}`, `${ten} ${idOf('a')}`]) {
      await valkey.client.publish('stepgate:withdrawn', payload);
    }
    await valkey.client.publish('stepgate:withdrawn', ten);
    await until(() => one.dropped.length > 0);
    expect(one.dropped).toHaveLength(10);
  });

  it('are written when Valkey is back, before anything of the viewer is read', async () => {
    const one = await join();
    await valkey.kill();
    one.withdraw(idOf('a'), withdrawal('a'));
    one.withdraw(idOf('b'), withdrawal('b'));
    expect([await one.areWritten(idOf('a')), await one.areWritten(idOf('c'))]).toEqual([false, true]);
    await valkey.start();
    await until(() => one.areWritten(idOf('a')));
    await until(async () => (await epochs()).length === 4);
    expect(await one.areWritten(idOf('b'))).toBe(true);
  });

  it('are told to all, too, where Valkey has written them without saying so', async () => {
    const [one, other] = [await join(), await join()];
    await isHeard(2);
    valkey.pause();
    one.withdraw(idOf('a'), withdrawal('a'));
    one.withdraw(idOf('b'), withdrawal('b', false));
    expect(await one.areWritten(idOf('a'))).toBe(false);
    valkey.resume();
    await until(() => other.dropped.length > 0);
    await until(() => one.areWritten(idOf('a')));
    expect(await one.areWritten(idOf('b'))).toBe(true);
    expect(new Set(other.dropped)).toEqual(new Set([idOf('a'), idOf('A')]));
    expect((await epochs()).sort()).toEqual(['epoch a', 'other epoch a']);
  });

  it('are read past until they have been told, and are told once', async () => {
    const [one, other] = [await join(), await join()];
    await isHeard(2);
    await valkey.client.call('ACL', 'SETUSER', 'default', '-publish');
    one.withdraw(idOf('a'), withdrawal('a'));
    expect(await one.areWritten(idOf('a'))).toBe(false);
    expect(await epochs()).toHaveLength(2);
    await valkey.client.call('ACL', 'SETUSER', 'default', '+publish');
    expect(await one.areWritten(idOf('a'))).toBe(true);
    expect(await one.areWritten(idOf('a'))).toBe(true);
    one.withdraw(idOf('b'), withdrawal('b'));
    await until(() => other.dropped.includes(idOf('B')));
    expect(other.dropped).toEqual([idOf('a'), idOf('A'), idOf('b'), idOf('B')]);
  });

  it('are written and told when Valkey, which was read-only and never away, takes them, whoever asks', async () => {
    const clock = createManualClock();
    const [one, other] = [await join(clock.after), await join()];
    await isHeard(2);
    await valkey.client.call('REPLICAOF', '127.0.0.1', '1');
    one.withdraw(idOf('a'), withdrawal('a'));
    await clock.timers(1);
    clock.advance(1000);
    await clock.timers(1);
    await valkey.client.call('REPLICAOF', 'NO', 'ONE');
    expect(other.dropped).toEqual([]);
    await until(() => {
      clock.advance(1000);
      return other.dropped.length > 0;
    });
    expect(other.dropped).toEqual([idOf('a'), idOf('A')]);
    expect(await epochs()).toHaveLength(2);
    expect(await one.areWritten(idOf('a'))).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('are told where the viewer is denied again before that, whoever knew of its right', async () => {
    const [one, other] = [await join(), await join()];
    await isHeard(2);
    const permit = (rule: string) => valkey.client.call('ACL', 'SETUSER', 'default', rule);
    const steps = fc.array(fc.constantFrom('deny', 'attempt', '-publish', '+publish', '-eval', '+eval'), {
      maxLength: 8,
    });
    let viewers = 0;
    await fc.assert(
      fc.asyncProperty(fc.boolean(), steps, async (isKnownHere, drawn) => {
        viewers += 1;
        const id = String(viewers).padStart(43, '0');
        // The first denial evicts the proof of the right, so that the next ones come without it.
        let hadRight = isKnownHere;
        if (!isKnownHere) await renewEpoch(valkey.client, id, 1, 60_000);
        for (const step of [...drawn, 'deny', '+@all']) {
          if (step === 'attempt') await one.areWritten(id);
          else if (step !== 'deny') await permit(step);
          else {
            one.withdraw(id, { ids: [id], epochs: [id], hadRight });
            hadRight = false;
          }
        }
        await until(() => one.areWritten(id));
        await valkey.client.publish('stepgate:withdrawn', idOf('z'));
        await until(() => other.dropped.includes(idOf('z')));
        expect(other.dropped.splice(0)).toContain(id);
      }),
      { numRuns: 40, examples: [[true, ['-publish', 'deny', 'attempt', 'deny', 'attempt']]] },
    );
  });

  it('are not written any more by a gateway that has stopped', async () => {
    const [one, other] = [await join(), await join()];
    await valkey.kill();
    one.withdraw(idOf('a'), withdrawal('a'));
    other.withdraw(idOf('b'), withdrawal('b'));
    expect([await one.areWritten(idOf('a')), await other.areWritten(idOf('b'))]).toEqual([false, false]);
    one.close();
    await valkey.start();
    await until(async () => (await epochs()).length > 0);
    await isHeard(1);
    await until(() => other.areWritten(idOf('b')));
    expect((await epochs()).sort()).toEqual(['epoch b', 'other epoch b']);
  });
});
