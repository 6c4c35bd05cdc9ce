import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createSharedAnswers } from '../../src/runs/shared/shared-answers.ts';
import { readEpoch, renewEpoch, withdrawEpoch } from '../../src/runs/shared/epochs.ts';
import { createNames } from '../../src/runs/shared/names.ts';
import { readVersioned } from '../../src/fleet/versioned-values.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet } from '../support/join-fleet.ts';
import { readFigures } from '../support/observed.ts';
import { viewerOf } from '../support/operations.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const MAX_BYTES = 2000;
const OLD = 'o'.repeat(40);
const NEW = 'n'.repeat(40);

describeWithValkey(`shared answers${withoutValkey}`, () => {
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

  interface Joining {
    readonly secret?: string;
    readonly source?: string;
    /** How far its clock is ahead. */
    readonly aheadMs?: number;
  }

  async function join({ secret = OLD, source = 'upstream', aheadMs = 0 }: Joining = {}) {
    const now = () => Date.now() + aheadMs;
    const fleet = await joinFleet(valkey.url, { FLEET_SECRET: secret, SHARED_TTL_S: '60' }, { now });
    opened.push(fleet);
    const answers = createSharedAnswers(fleet, MAX_BYTES, now);
    const namesOf = createNames(fleet.keys, source);
    const names = namesOf(viewerOf('ada'), 'run');
    return {
      fleet,
      names,
      namesOf,
      now,
      answers,
      read: () => answers.read(names),
      async textOf() {
        return (await (await answers.read(names))?.answer())?.bytes?.toString();
      },
      /** A call that has just been answered. */
      async store(text: string, { sentAt = now(), sharedMs = 10_000, epoch }: Storing = {}) {
        const token = epoch ?? (await answers.renew(names, sentAt)) ?? '';
        const body = Buffer.from(text);
        return answers.store(names, { epoch: token, sentAt, fetchedAt: sentAt, body }, sharedMs);
      },
    };
  }
  interface Storing {
    readonly sentAt?: number;
    readonly sharedMs?: number;
    readonly epoch?: string;
  }

  it('are none before there was one, and no success is known', async () => {
    const state = await (await join()).read();
    expect([state?.withdrawnMs, state?.successAt, state?.epoch, await state?.answer()]).toEqual([0, null, null, null]);
  });

  it('are those of the viewer’s epoch, in the time of who reads them', async () => {
    const [one, other] = [await join(), await join({ aheadMs: 3_600_000 })];
    const sentAt = one.now() - 100;
    expect(await one.store('[]', { sentAt, sharedMs: Infinity })).toBe(true);
    const state = await other.read();
    const answer = await state?.answer();
    expect(answer).toMatchObject({ isFinal: true, epoch: state?.epoch });
    expect(answer?.bytes?.toString()).toBe('[]');
    const uncertaintyMs = one.fleet.clock.uncertaintyMs + other.fleet.clock.uncertaintyMs;
    expect(answer?.uncertaintyMs).toBe(uncertaintyMs);
    for (const time of [answer?.sentAt, answer?.fetchedAt, state?.successAt]) {
      expect(time).toBeLessThanOrEqual(sentAt + 3_600_000);
      expect((time ?? 0) + uncertaintyMs).toBeGreaterThanOrEqual(sentAt + 3_600_000 - 1);
    }
  });

  it('are not those of another epoch, nor of one that Valkey has lost', async () => {
    const one = await join();
    await one.store('[]', { epoch: 'other' });
    await one.answers.renew(one.names, one.now());
    expect(await one.textOf()).toBeUndefined();
    await valkey.client.del(one.names.epochs[0]);
    expect(await one.textOf()).toBeUndefined();
    const commands = readFigures(await one.fleet.figures.scrape()).counts('stepgate_valkey_commands_total');
    expect(commands).toMatchObject({ 'STORE ok': 1, 'RENEW ok': 1, 'READ ok': 2 });
  });

  it('may be that the upstream has nothing', async () => {
    const one = await join();
    const epoch = (await one.answers.renew(one.names, one.now())) ?? '';
    await one.answers.store(one.names, { epoch, sentAt: one.now(), fetchedAt: one.now(), body: null }, 10_000);
    expect(await (await one.read())?.answer()).toMatchObject({ bytes: null, isFinal: false });
  });

  it('are kept for as long as others may have them, and no longer than the configured time', async () => {
    const one = await join();
    await one.store('[]', { sharedMs: 10_000 });
    expect(await valkey.client.pttl(one.names.values[0])).toBeLessThanOrEqual(10_000);
    await one.store('[]', { sharedMs: Infinity });
    expect(await valkey.client.pttl(one.names.values[0])).toBeLessThanOrEqual(60_000);
    expect(await valkey.client.pttl(one.names.values[0])).toBeGreaterThan(30_000);
    expect(await valkey.client.pttl(one.names.epochs[0])).toBeGreaterThan(30_000);
  });

  it('are the newest', async () => {
    const one = await join();
    const sentAt = one.now();
    expect(await one.store('[2]', { sentAt })).toBe(true);
    expect(await one.store('[1]', { sentAt: sentAt - 1000 })).toBe(false);
    expect(await one.textOf()).toBe('[2]');
    expect(readVersioned(await valkey.client.getBuffer(one.names.values[0]))?.version).toBe(
      one.fleet.clock.toFleet(sentAt),
    );
  });

  it('are neither proof nor newer where they are from the future, as those of a Valkey whose clock was ahead', async () => {
    const [ahead, other] = [await join(), await join()];
    const HOUR_MS = 3_600_000;
    await ahead.store('["ahead"]', { sentAt: ahead.now() + HOUR_MS });
    expect(await other.read()).toMatchObject({ successAt: null, withdrawnMs: 0 });
    const sentAt = other.now();
    expect(await other.store('["now"]', { sentAt })).toBe(true);
    expect(await ahead.textOf()).toBe('["now"]');
    expect((await ahead.read())?.successAt).toBeLessThanOrEqual(sentAt);
    expect(await other.store('["before"]', { sentAt: sentAt - 1 })).toBe(false);
  });

  it('are none that can be read where their bytes are not, which is counted', async () => {
    const one = await join();
    const unreadable = async () => readFigures(await one.fleet.figures.scrape()).counts('stepgate_shared_reads_total');
    await one.store('[]');
    const [value] = one.names.values;
    const stored = (await valkey.client.getBuffer(value)) ?? Buffer.alloc(0);
    await valkey.client.set(value, 'nonsense');
    expect(await one.textOf()).toBeUndefined();
    expect(await unreadable()).toEqual({});
    await valkey.client.set(value, stored.fill(0, stored.length - 1));
    expect(await one.textOf()).toBeUndefined();
    expect(await unreadable()).toEqual({ unreadable: 1 });
    await one.store(JSON.stringify('x'.repeat(2 * MAX_BYTES)), { sentAt: one.now() + 1000 });
    expect(await one.textOf()).toBeUndefined();
    await one.store('x'.repeat(MAX_BYTES), { sentAt: one.now() + 2000 });
    expect(await one.textOf()).toHaveLength(MAX_BYTES);
    expect(await unreadable()).toEqual({ unreadable: 2 });
  });

  it('are of one viewer, resource and upstream', async () => {
    const one = await join();
    const other = await join({ source: 'other' });
    await one.store('[]');
    expect(await other.textOf()).toBeUndefined();
    const { namesOf, names } = one;
    const purposes = [names.epochs[0], names.values[0], names.lease].map((name) => name.replace(/:[\w-]{43}$/, ''));
    expect(purposes).toEqual(['stepgate:epoch', 'stepgate:answer', 'stepgate:call']);
    const all = [
      namesOf(viewerOf('ada'), 'run'),
      namesOf(viewerOf('ada'), 'steps'),
      namesOf(viewerOf('bob'), 'run'),
      other.names,
    ];
    expect(new Set(all.map(({ values }) => values[0])).size).toBe(4);
    expect(new Set(all.map(({ lease }) => lease)).size).toBe(4);
    // The right is that of the viewer, whatever is read.
    expect(new Set(all.map(({ epochs }) => epochs[0])).size).toBe(3);
    expect(namesOf(viewerOf('ada'), 'run')).toEqual(names);
  });

  it('are read by the old secret and the new one, and written by the first, while it is changed', async () => {
    const both = await join({ secret: `${NEW},${OLD}` });
    const old = await join({ secret: OLD });
    expect([both.names.values[1], both.names.epochs[1]]).toEqual([old.names.values[0], old.names.epochs[0]]);
    await old.store('["old"]');
    const state = await both.read();
    expect([await both.textOf(), state?.epoch]).toEqual(['["old"]', null]);
    expect(state?.successAt).not.toBeNull();
    await both.store('["new"]');
    expect([await both.textOf(), await old.textOf()]).toEqual(['["new"]', '["old"]']);
    expect((await both.read())?.epoch).not.toBeNull();
  });

  it('are not had by a right that was withdrawn under any secret since it was last proven', async () => {
    const both = await join({ secret: `${NEW},${OLD}` });
    await both.store('[]', { sentAt: both.now() - 10_000 });
    const [, name = ''] = both.names.epochs;
    const later = both.fleet.clock.toFleet(both.now()) - 5000;
    await valkey.client.set(name, `token ${later} 0`);
    expect(await both.read()).toMatchObject({ withdrawnMs: later, successAt: null });
    await valkey.client.set(name, `token ${later} ${later + 1}`);
    expect((await both.read())?.successAt).not.toBeNull();
    await valkey.client.set(name, `token ${later} ${later}`);
    expect((await both.read())?.successAt).toBeNull();
  });

  it('are not from before a withdrawal, whichever secret that knew', async () => {
    const [old, both, latest] = [
      await join({ secret: OLD }),
      await join({ secret: `${NEW},${OLD}` }),
      await join({ secret: NEW }),
    ];
    await old.store('["before"]', { sentAt: old.now() - 1000 });
    expect(await both.textOf()).toBe('["before"]');
    await withdrawEpoch(valkey.client, latest.names.epochs[0], 60_000, true);
    const { sinceMs = 0 } = readEpoch(await valkey.client.getBuffer(latest.names.epochs[0])) ?? {};
    await renewEpoch(valkey.client, latest.names.epochs[0], sinceMs + 1, 60_000);
    await until(async () => ((await both.read())?.successAt ?? null) !== null);
    expect(await both.textOf()).toBeUndefined();
  });

  it('are not known where Valkey does not answer', async () => {
    const one = await join();
    await valkey.kill();
    expect(await one.read()).toBeNull();
    expect(await one.answers.renew(one.names, one.now())).toBeNull();
    expect(await one.store('[]', { epoch: 'e' })).toBe(false);
    await valkey.start();
    await until(() => one.fleet.valkey.isUp);
    expect(await one.read()).not.toBeNull();
  });
});
