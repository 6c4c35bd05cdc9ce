import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readEpoch } from '../../src/runs/shared/epochs.ts';
import { createNames } from '../../src/runs/shared/names.ts';
import { createSharedTier, type SharedTier } from '../../src/runs/shared/shared-tier.ts';
import type { Called, SharedRequest } from '../../src/runs/shared/shared-request.ts';
import { afterOnThisMachine } from '../../src/runs/timer.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { readFigures } from '../support/observed.ts';
import { viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const MIB = 2 ** 20;
const ADA = viewerOf('ada');

interface Gateway {
  readonly fleet: TestFleet;
  readonly tier: SharedTier;
  /** Viewers whose data was dropped. */
  readonly dropped: string[];
  /** What was told of the viewer's right. */
  readonly proven: number[];
  load(fields?: Fields): Promise<string>;
  reads(): Promise<unknown>;
}

interface Reads {
  readonly miss?: number;
}

type Fields = Partial<SharedRequest<string>> & { readonly text?: string };

describeWithValkey(`loads through the shared tier${withoutValkey}`, () => {
  let valkey: TestValkey;
  let calls: number;
  const opened: (() => unknown)[] = [];

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(async () => {
    await valkey.client.flushall();
    calls = 0;
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });
  afterAll(() => valkey.close());

  const { signal: never } = new AbortController();
  const called = (text: string, fields: Partial<Called<string>> = {}): Called<string> => ({
    cached: { value: text, sentAt: Date.now(), fetchedAt: Date.now(), sizeBytes: text.length },
    isProof: true,
    wasCalled: true,
    body: Buffer.from(text),
    ...fields,
  });

  /** `answers`: whether Valkey answers a command. */
  async function join(answers: (command: string) => boolean = () => true): Promise<Gateway> {
    const joined = await joinFleet(valkey.url);
    const run: typeof joined.valkey.run = (command, send) =>
      answers(command) ? joined.valkey.run(command, send) : Promise.resolve(undefined);
    const fleet: TestFleet = {
      ...joined,
      valkey: {
        ...joined.valkey,
        run,
        get isUp() {
          return joined.valkey.isUp;
        },
      },
    };
    const dropped: string[] = [];
    const proven: number[] = [];
    const drop = (id: string) => void dropped.push(id);
    const tier = createSharedTier({
      fleet,
      source: 'upstream',
      reauthIntervalMs: 60_000,
      drop,
      now: Date.now,
      after: afterOnThisMachine,
    });
    opened.push(
      () => tier.close(),
      () => {
        fleet.close();
      },
    );
    return {
      fleet,
      tier,
      dropped,
      proven,
      async load({ text = 'called', ...fields } = {}) {
        const { cached, wasCalled, isProof } = await tier.load<string>({
          viewer: ADA,
          key: 'run',
          signal: never,
          proveRight: (sentAt) => void proven.push(sentAt),
          provenSince: () => null,
          drop: () => void dropped.push('mine'),
          current: () => null,
          accept: ({ bytes, sentAt, fetchedAt }) =>
            Promise.resolve({ value: bytes?.toString() ?? 'none', sentAt, fetchedAt, sizeBytes: 1 }),
          call() {
            calls += 1;
            return Promise.resolve(called(text));
          },
          sharedMs: () => 30_000,
          related: () => null,
          ...fields,
        });
        return [cached.value, wasCalled && 'by a call', !isProof && 'without a proof'].filter(Boolean).join(' ');
      },
      reads: () => counts(fleet, 'stepgate_shared_reads_total'),
    };
  }

  const counts = async ({ figures }: TestFleet, name: string) => readFigures(await figures.scrape()).counts(name);
  const stored = () => valkey.client.keys('stepgate:answer:*');
  const isStored = () => until(async () => (await stored()).length > 0);
  const leases = () => valkey.client.keys('stepgate:call:*');
  const isFree = () => until(async () => (await leases()).length === 0);

  /** What becomes of calls, as it is announced. */
  async function hear(): Promise<readonly string[]> {
    const heard: string[] = [];
    const listener = valkey.client.duplicate();
    opened.push(() => {
      listener.disconnect();
    });
    listener.on('message', (_channel, payload: string) => heard.push(payload.replace(/^[\w-]{43} /, '')));
    await listener.subscribe('stepgate:call');
    return heard;
  }

  /** A call that waits for the test to answer it. */
  function hold() {
    const { promise, resolve, reject } = Promise.withResolvers<Called<string>>();
    const call = () => {
      calls += 1;
      return promise;
    };
    return {
      call,
      answer: (text: string) => {
        resolve(called(text));
      },
      fail: reject,
    };
  }

  it('serve at each gateway what one has called, and know its right from that', async () => {
    const [one, other] = [await join(), await join()];
    const before = Date.now();
    expect(await one.load()).toBe('called by a call');
    await isStored();
    expect(await other.load()).toBe('called');
    expect(calls).toBe(1);
    expect(other.proven).toHaveLength(1);
    expect(other.proven[0]).toBeGreaterThan(before - 1000);
    expect([await one.reads(), await other.reads()]).toEqual([{ miss: 2 }, { hit: 1 }]);
    await isFree();
  });

  it('make one call for all who ask meanwhile, who hear of it at once', async () => {
    const [one, other] = [await join(), await join()];
    const { call, answer } = hold();
    const first = one.load({ call });
    await until(() => calls === 1);
    const second = other.load();
    await until(async () => ((await other.reads()) as Reads).miss === 2);
    answer('answered');
    expect([await first, await second]).toEqual(['answered by a call', 'answered']);
    expect(calls).toBe(1);
    await isFree();
  });

  it('are a call of each where that of another has failed', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    const { call, fail } = hold();
    const error = new Error('it fails');
    const first = rejectionOf(one.load({ call }));
    await until(() => calls === 1);
    const own = hold();
    const others = [other, third].map((gateway) => gateway.load({ call: own.call }));
    await until(async () => ((await other.reads()) as Reads).miss === 2 && ((await third.reads()) as Reads).miss === 2);
    fail(error);
    expect(await first).toBe(error);
    // At the same time, and without another look.
    await until(() => calls === 3);
    expect([await other.reads(), await third.reads()]).toEqual([{ miss: 2 }, { miss: 2 }]);
    own.answer('own');
    expect(await Promise.all(others)).toEqual(['own by a call', 'own by a call']);
    await isFree();
  });

  it('are one call of the others where whoever asked first has left', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    const { call, fail } = hold();
    const first = rejectionOf(one.load({ call }));
    await until(() => calls === 1);
    const own = hold();
    const others = [other, third].map((gateway) => gateway.load({ call: own.call }));
    await until(async () => ((await other.reads()) as Reads).miss === 2 && ((await third.reads()) as Reads).miss === 2);
    fail(new AbandonedError());
    expect(await first).toBeInstanceOf(AbandonedError);
    const looks = async (gateway: Gateway) => ((await gateway.reads()) as Reads).miss ?? 0;
    await until(async () => calls === 3 || (await looks(other)) + (await looks(third)) === 6);
    own.answer('own');
    expect((await Promise.all(others)).sort()).toEqual(['own', 'own by a call']);
    expect(calls).toBe(2);
    await isFree();
  });

  it('keep their lease for as long as the call takes', async () => {
    const one = await join();
    const { call, answer } = hold();
    const first = one.load({ call });
    await until(async () => (await leases()).length === 1);
    const [name = ''] = await leases();
    // Longer than a lease lasts: however late the extension comes, it is seen.
    await valkey.client.pexpire(name, 60_000);
    await until(async () => (await valkey.client.pttl(name)) <= 1000);
    answer('answered');
    await first;
    await isFree();
  });

  describe('with their timers in hand', () => {
    beforeEach(() => {
      const others = ['Date', 'setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'nextTick'] as const;
      jest.useFakeTimers({ doNotFake: [...others, 'queueMicrotask', 'performance', 'hrtime'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });
    const extensions = async ({ fleet }: Gateway) =>
      (await counts(fleet, 'stepgate_valkey_commands_total'))['EXTEND ok'] ?? 0;

    it('extend their lease until the answer is stored', async () => {
      const one = await join();
      const before = jest.getTimerCount();
      const { call, answer } = hold();
      const first = one.load({ call });
      await until(() => calls === 1);
      for (let times = 1; times <= 3; times += 1) {
        jest.advanceTimersByTime(400);
        await until(async () => (await extensions(one)) === times);
      }
      answer('answered');
      await first;
      await isFree();
      await one.tier.close();
      expect(jest.getTimerCount()).toBe(before);
    });

    it('give up a lease that is lost', async () => {
      const one = await join();
      const before = jest.getTimerCount();
      const { call, answer } = hold();
      const first = one.load({ call });
      await until(() => calls === 1);
      await valkey.client.del(await leases());
      jest.advanceTimersByTime(400);
      await until(() => jest.getTimerCount() === before);
      expect(await extensions(one)).toBe(1);
      answer('answered');
      expect(await first).toBe('answered by a call');
    });
  });

  it('end with whoever asked, while they wait for another gateway', async () => {
    const [one, other] = [await join(), await join()];
    const { call, answer } = hold();
    const first = one.load({ call });
    await until(() => calls === 1);
    const controller = new AbortController();
    const second = rejectionOf(other.load({ signal: controller.signal }));
    await until(async () => ((await other.reads()) as Reads).miss === 2);
    controller.abort();
    expect(await second).toBeInstanceOf(AbandonedError);
    answer('answered');
    await first;
    expect(calls).toBe(1);
  });

  it('take the lease over from a gateway that has died', async () => {
    const [one, other] = [await join(), await join()];
    await one.load();
    await isFree();
    await valkey.client.del(await stored());
    const { lease } = createNames(one.fleet.keys, 'upstream')(ADA, 'run');
    const dead = 'a gateway that has died';
    await valkey.client.set(lease, dead);
    const { call, answer } = hold();
    const load = other.load({ call });
    await until(async () => 'call taken' in (await counts(other.fleet, 'stepgate_leases_total')));
    await valkey.client.pexpire(lease, 1);
    await until(() => calls === 2);
    expect([null, dead]).not.toContain(await valkey.client.get(lease));
    answer('answered');
    expect(await load).toBe('answered by a call');
    expect(await counts(other.fleet, 'stepgate_leases_total')).toMatchObject({ 'call acquired': 1 });
    await isFree();
  });

  it('serve what came meanwhile in another way, and free the lease', async () => {
    const one = await join();
    let looks = 0;
    const current = () => {
      looks += 1;
      const { cached } = called('held by now');
      return looks > 1 ? { cached, isProof: true, wasCalled: false } : null;
    };
    const heard = await hear();
    expect(await one.load({ current })).toBe('held by now');
    await until(() => heard.length > 0);
    await until(async () => (await counts(one.fleet, 'stepgate_valkey_commands_total'))['RELEASE ok'] === 1);
    expect([heard, await leases()]).toEqual([['stored'], []]);
    expect(await one.load({ current })).toBe('held by now');
    expect([calls, looks]).toEqual([0, 3]);
  });

  it('free the lease where what came meanwhile is an error', async () => {
    const one = await join();
    const heard = await hear();
    let looks = 0;
    const current = () => {
      looks += 1;
      if (looks > 1) throw new Error('out of scope');
      return null;
    };
    expect(await rejectionOf(one.load({ current }))).toMatchObject({ message: 'out of scope' });
    await until(() => heard.length > 0);
    await until(async () => (await counts(one.fleet, 'stepgate_valkey_commands_total'))['RELEASE ok'] === 1);
    expect([heard, await leases(), calls]).toEqual([['over'], [], 0]);
  });

  it('are calls where what is stored is not accepted', async () => {
    const [one, other] = [await join(), await join()];
    await one.load();
    await isStored();
    expect(await other.load({ accept: () => Promise.resolve(null), text: 'newer' })).toBe('newer by a call');
    expect(await other.reads()).toEqual({ miss: 2 });
  });

  it('share neither what may not be, nor what no right is known to, nor what is too large', async () => {
    const one = await join();
    const heard = await hear();
    const share = async (fields: Partial<Called<string>>, more: Fields = {}) => {
      await one.load({ call: () => Promise.resolve(called('text', fields)), ...more });
      await isFree();
      return (await stored()).length;
    };
    expect(await share({ body: undefined })).toBe(0);
    expect(await share({}, { sharedMs: () => 0 })).toBe(0);
    expect(await share({ body: Buffer.alloc(4 * MIB + 1) })).toBe(0);
    expect(
      await share(
        {},
        {
          sharedMs: () => {
            throw new Error('it can not be judged');
          },
        },
      ),
    ).toBe(0);
    await valkey.client.flushall();
    expect(await share({ isProof: false, body: null })).toBe(0);
    expect(await valkey.client.keys('stepgate:epoch:*')).toEqual([]);
    expect(await share({ body: Buffer.alloc(4 * MIB) })).toBe(1);
    // Whoever waits is told that there is nothing to look for.
    await until(() => heard.length === 6);
    expect(heard).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'stored']);
    const commands = await counts(one.fleet, 'stepgate_valkey_commands_total');
    expect(Object.keys(commands).filter((name) => name.endsWith('refused'))).toEqual([]);
  });

  it('share that there is nothing, where a right is known', async () => {
    const [one, other] = [await join(), await join()];
    await one.load({ key: 'another' });
    await isStored();
    await one.load({ call: () => Promise.resolve(called('none', { isProof: false, body: null })) });
    await until(async () => (await stored()).length === 2);
    expect(await other.load()).toBe('none');
  });

  it('share for good what turns out to be final with what is under way', async () => {
    const one = await join();
    const [final, live] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    let isFinal = false;
    const sharedMs = () => (isFinal ? Infinity : 30_000);
    const related = (landing: PromiseWithResolvers<undefined>) => () => landing.promise;
    await one.load({ key: 'final', sharedMs, related: related(final) });
    await until(async () => (await stored()).length === 1);
    await one.load({ key: 'live', sharedMs: () => 30_000, related: related(live) });
    await until(async () => (await stored()).length === 2);
    isFinal = true;
    final.resolve(undefined);
    live.resolve(undefined);
    await one.tier.close();
    const isForGood = async (key: string) => {
      const [name] = createNames(one.fleet.keys, 'upstream')(ADA, key).values;
      return (await valkey.client.pttl(name)) > 30_000;
    };
    expect([await isForGood('final'), await isForGood('live')]).toEqual([true, false]);
  });

  it('store once what is final, whatever it waits for', async () => {
    const one = await join();
    await one.load({ sharedMs: () => Infinity, related: () => Promise.resolve() });
    await one.tier.close();
    expect(await counts(one.fleet, 'stepgate_valkey_commands_total')).toMatchObject({ 'STORE ok': 1 });
  });

  it('are stored when the gateway has stopped, also where what they wait for fails', async () => {
    const one = await join();
    await one.load({ related: () => Promise.reject(new Error('it fails')) });
    await one.tier.close();
    expect([(await stored()).length, await leases()]).toEqual([1, []]);
  });

  it('are calls while Valkey is away', async () => {
    const one = await join();
    valkey.pause();
    expect([await one.load(), await one.load()]).toEqual(['called by a call', 'called by a call']);
    // The second did not ask it any more.
    expect(await one.reads()).toEqual({ unavailable: 1 });
    valkey.resume();
    await until(() => one.fleet.valkey.isUp);
  });

  it('are calls at once where Valkey fails while they wait', async () => {
    const [one, other] = [await join(), await join()];
    const { call, answer } = hold();
    const first = one.load({ call });
    await until(() => calls === 1);
    const second = other.load();
    await until(async () => ((await other.reads()) as Reads).miss === 2);
    valkey.pause();
    expect(await second).toBe('called by a call');
    valkey.resume();
    answer('answered');
    await first;
    await until(() => other.fleet.valkey.isUp);
  });

  it('serve nothing of a right that was withdrawn, at any gateway', async () => {
    const [one, other] = [await join(), await join()];
    await one.load();
    await isStored();
    const provenAt = Date.now();
    await until(async () => Number((await valkey.client.pubsub('NUMSUB', 'stepgate:withdrawn'))[1]) === 2);
    one.tier.withdraw(ADA, true);
    await until(() => other.dropped.length > 0);
    expect(other.dropped).toEqual([other.fleet.keys[0].viewerId('ada')]);
    // Surely sent after the withdrawal, by whichever clock.
    const [epoch = ''] = await valkey.client.keys('stepgate:epoch:*');
    const withdrawnMs = readEpoch(await valkey.client.getBuffer(epoch))?.sinceMs ?? Infinity;
    await until(() => other.fleet.clock.toFleet(Date.now()) > withdrawnMs);
    const sentAt = Date.now();
    const cached = { value: 'new', sentAt, fetchedAt: sentAt, sizeBytes: 1 };
    expect(await other.load({ call: () => Promise.resolve(called('new', { cached })) })).toBe('new by a call');
    expect([other.proven, other.dropped.length]).toEqual([[], 1]);
    await isFree();
    // One that has heard of nothing.
    const third = await join();
    await third.load({ provenSince: () => provenAt - 5000 });
    expect(third.dropped).toEqual(['mine']);
    await third.load({ provenSince: () => Date.now() + 5000 });
    expect(third.dropped).toEqual(['mine']);
    expect(await third.load()).toBe('new');
  });

  it('read nothing before a withdrawal is written', async () => {
    const one = await join();
    await one.load();
    await isFree();
    await valkey.client.config('SET', 'maxmemory', '1');
    expect(await one.load()).toBe('called');
    one.tier.withdraw(ADA, true);
    expect(await one.load()).toBe('called by a call');
    await valkey.client.config('SET', 'maxmemory', '0');
    expect(await one.load()).toBe('called by a call');
    expect(await valkey.client.keys('stepgate:epoch:*')).toHaveLength(1);
  });

  it('are calls at once where Valkey takes nothing, or stops answering in between', async () => {
    const [one, other] = [await join(), await join((command) => command !== 'READ' || (reads += 1) !== 2)];
    let reads = 0;
    await valkey.client.config('SET', 'maxmemory', '1');
    expect(await one.load()).toBe('called by a call');
    await valkey.client.config('SET', 'maxmemory', '0');
    expect(await other.load()).toBe('called by a call');
    expect(await other.reads()).toEqual({ miss: 1, unavailable: 1 });
  });
});
