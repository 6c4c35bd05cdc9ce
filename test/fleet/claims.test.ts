import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createClaims, type Claims, type ClaimsOptions } from '../../src/runs/starts/claims.ts';
import { KEY_LIFETIME_MS } from '../../src/runs/starts/idempotent-starts.ts';
import { afterOnThisMachine } from '../../src/runs/timer.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { readFigures } from '../support/observed.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const MAX_WAIT_MS = 60_000;
const UNDER_WAY = { state: 'underWay', fingerprint: 'f', at: 0 } as const;
const START = { viewerId: 'viewer', identity: 'viewer', key: 'key', workflowId: 'wf', inputs: {} };
/** The names of claims in Valkey, by when they end. */
const ENDS = 'stepgate:starts';
const startedAs = (runId: string) => ({ state: 'started', fingerprint: 'f', at: 0, runId, message: null }) as const;

describeWithValkey(`a claim of a start${withoutValkey}`, () => {
  let valkey: TestValkey;
  let clock: ManualClock;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(async () => {
    await valkey.client.flushall();
    clock = createManualClock();
  });
  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
  });
  afterAll(() => valkey.close());

  async function join({ secret, ...options }: Partial<ClaimsOptions> & { readonly secret?: string } = {}) {
    const fleet = await joinFleet(valkey.url, secret === undefined ? {} : { FLEET_SECRET: secret });
    const claims = createClaims({
      fleet,
      source: 'upstream',
      maxWaitMs: MAX_WAIT_MS,
      now: clock.now,
      after: clock.after,
      ...options,
    });
    opened.push(claims, fleet);
    const commands = async () => readFigures(await fleet.figures.scrape()).counts('stepgate_valkey_commands_total');
    const settled = () => until(async () => ((await commands())['SETTLE ok'] ?? 0) > 0);
    return { ...claims, commands, settled };
  }

  const names = () => valkey.client.keys('stepgate:start:*');
  const ends = () => valkey.client.zrange(ENDS, 0, '-1');
  const fleetNow = async () => Number((await valkey.client.time())[0]) * 1000;
  const livesFor = async (name: string) => Number(await valkey.client.zscore(ENDS, name)) - (await fleetNow());
  /** As if all claims had been made so much earlier: Valkey's clock can't be moved. */
  const age = async (ms: number) => {
    for (const name of await ends()) await valkey.client.zincrby(ENDS, -ms, name);
  };

  it('is whose it is that takes it first, and tells others what came of it', async () => {
    const gateway = await join();
    const [one, other] = [gateway.of(START), (await join()).of(START)];
    expect(one.name).toMatch(/^stepgate:start:[\w-]{43}$/);
    expect(one.name).toBe(other.name);
    expect(await one.take(UNDER_WAY)).toBeNull();
    expect(await other.take({ ...UNDER_WAY, fingerprint: 'another' })).toEqual(UNDER_WAY);
    expect(await livesFor(one.name)).toBeGreaterThan(KEY_LIFETIME_MS);
    expect(await livesFor(one.name)).toBeLessThanOrEqual(KEY_LIFETIME_MS + MAX_WAIT_MS + 1000);
    await one.settle(startedAs('r1'));
    expect(await other.take(UNDER_WAY)).toEqual(startedAs('r1'));
    expect(await livesFor(one.name)).toBeLessThanOrEqual(KEY_LIFETIME_MS + 1000);
    expect(await livesFor(one.name)).toBeGreaterThan(KEY_LIFETIME_MS / 2);
    // Under volatile-lru only names that expire are evicted.
    expect(await valkey.client.pttl(one.name)).toBe(-1);
    expect(await gateway.commands()).toMatchObject({ 'CLAIM ok': 1, 'SETTLE ok': 1 });
  });

  it('is free again where nothing came of it', async () => {
    const [one, other] = [(await join()).of(START), (await join()).of(START)];
    await one.take(UNDER_WAY);
    await one.settle(null);
    expect([await names(), await ends()]).toEqual([[], []]);
    expect(await other.take(UNDER_WAY)).toBeNull();
  });

  it('is free when it has ended, and removed by a later start, also of a full Valkey: a hundred at once', async () => {
    const claims = await join();
    const ended = Array.from({ length: 150 }, (_, index) => claims.of({ ...START, key: `key ${index}` }));
    for (const claim of ended) {
      await claim.take(UNDER_WAY);
      await claim.settle(startedAs('r1'));
    }
    await age(KEY_LIFETIME_MS / 2);
    expect(await ended[0]?.take(UNDER_WAY)).toEqual(startedAs('r1'));
    expect(await names()).toHaveLength(150);
    await age(KEY_LIFETIME_MS / 2);
    // Not one of the first hundred.
    const [late = ''] = (await ends()).slice(120);
    expect(await ended.find(({ name }) => name === late)?.take(UNDER_WAY)).toBeNull();
    expect(await names()).toHaveLength(50);
    const next = claims.of(START);
    await valkey.client.config('SET', 'maxmemory', '1');
    expect(await next.take(UNDER_WAY)).toBeNull();
    await valkey.client.config('SET', 'maxmemory', '0');
    expect((await names()).sort()).toEqual([late, next.name].sort());
    expect((await ends()).sort()).toEqual([late, next.name].sort());
  });

  it('is another for another key, viewer and upstream', async () => {
    const claims = await join();
    expect(await claims.of(START).take(UNDER_WAY)).toBeNull();
    expect(await claims.of({ ...START, key: 'other' }).take(UNDER_WAY)).toBeNull();
    expect(await claims.of({ ...START, identity: 'other' }).take(UNDER_WAY)).toBeNull();
    expect(await (await join({ source: 'other' })).of(START).take(UNDER_WAY)).toBeNull();
  });

  it('is told where Valkey has lost it, but not over what another has claimed since', async () => {
    const [one, other] = [(await join()).of(START), (await join()).of(START)];
    await one.take(UNDER_WAY);
    await valkey.client.flushall();
    await one.settle(startedAs('r1'));
    expect(await other.take(UNDER_WAY)).toEqual(startedAs('r1'));
    await valkey.client.flushall();
    await other.take(UNDER_WAY);
    await one.settle(startedAs('r2'));
    await one.settle(null);
    expect(await one.take(UNDER_WAY)).toEqual(UNDER_WAY);
  });

  it('is none that can be read where its value is none of these gateways’', async () => {
    const claims = await join();
    const claim = claims.of(START);
    await claims.of({ ...START, key: 'other' }).take(UNDER_WAY);
    const [name = ''] = await names();
    await valkey.client.rename(name, claim.name);
    expect(await claim.take(UNDER_WAY)).toBe('unreadable');
    await valkey.client.set(claim.name, 'nonsense');
    expect(await claim.take(UNDER_WAY)).toBe('unreadable');
  });

  it('is found while the secret is changed, by each name that any gateway has for it', async () => {
    const [old, renewed] = ['o'.repeat(40), 'n'.repeat(40)];
    for (const [mine, theirs] of [
      [old, `${old},${renewed}`],
      [old, `${renewed},${old}`],
      [`${old},${renewed}`, old],
      [`${old},${renewed}`, `${renewed},${old}`],
      [`${renewed},${old}`, renewed],
    ]) {
      await valkey.client.flushall();
      const [one, other] = [
        (await join({ secret: mine ?? '' })).of(START),
        (await join({ secret: theirs ?? '' })).of(START),
      ];
      expect(await one.take(UNDER_WAY)).toBeNull();
      expect(await other.take(UNDER_WAY)).toEqual(UNDER_WAY);
      await one.settle(startedAs('r1'));
      expect(await other.take(UNDER_WAY)).toEqual(startedAs('r1'));
    }
  });

  it('is withdrawn where Valkey took it and did not say so in time', async () => {
    const claims = await join();
    await claims.of({ ...START, key: 'other' }).take(UNDER_WAY);
    valkey.pause();
    expect(await claims.of(START).take(UNDER_WAY)).toBeUndefined();
    valkey.resume();
    await until(async () => (await names()).length === 1);
  });

  it('is told of when Valkey is back, however many were refused meanwhile', async () => {
    const [claims, elsewhere] = [await join(), (await join()).of(START)];
    const claim = claims.of(START);
    await claim.take(UNDER_WAY);
    await valkey.kill();
    await claim.settle(startedAs('r1'));
    for (let index = 0; index < 4000; index += 1)
      await claims.of({ ...START, key: `made up ${index}` }).take(UNDER_WAY);
    await valkey.start();
    await claims.settled();
    let found: Awaited<ReturnType<typeof elsewhere.take>>;
    await until(async () => (found = await elsewhere.take(UNDER_WAY)) !== undefined);
    expect(found).toEqual(startedAs('r1'));
  });

  it('is told of when Valkey is back, for as long as its key lasts, and by none that is closed', async () => {
    const [kept, closed] = [await join(), await join()];
    const claimsOf = (claims: Pick<Claims, 'of'>, key: string) => claims.of({ ...START, key });
    const [old, fresh, lost] = [claimsOf(kept, 'old'), claimsOf(kept, 'fresh'), claimsOf(closed, 'lost')];
    for (const claim of [old, fresh, lost]) await claim.take(UNDER_WAY);
    await valkey.kill();
    await old.settle(startedAs('old'));
    clock.advance(60_000);
    await fresh.settle(startedAs('fresh'));
    await lost.settle(startedAs('lost'));
    clock.advance(KEY_LIFETIME_MS - 60_000);
    closed.close();
    await valkey.start();
    await until(async () => (await names()).length === 1);
    const another = await join();
    expect(await claimsOf(another, 'fresh').take(UNDER_WAY)).toEqual(startedAs('fresh'));
    expect(await livesFor(fresh.name)).toBeLessThanOrEqual(61_000);
    expect(await claimsOf(another, 'old').take(UNDER_WAY)).toBeNull();
    expect(await claimsOf(another, 'lost').take(UNDER_WAY)).toBeNull();
    expect(await kept.commands()).toMatchObject({ 'SETTLE ok': 1 });
    expect(await kept.commands()).not.toHaveProperty(['SETTLE refused']);
  });

  it.each([
    ['read-only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['full', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
  ])('is told of when Valkey, which was %s and never away, takes it again', async (_, refuse, permit) => {
    const order = ([command = '', ...words]: string[]) => valkey.client.call(command, ...words);
    const claims = await join();
    const another = await join();
    const [told, freed] = [claims.of(START), claims.of({ ...START, key: 'freed' })];
    for (const claim of [told, freed]) await claim.take(UNDER_WAY);
    await order(refuse.split(' '));
    await Promise.all([told.settle(startedAs('r1')), freed.settle(null)]);
    expect(clock.pending).toEqual([1000]);
    clock.advance(1000);
    await clock.timers(1);
    await order(permit.split(' '));
    await until(async () => {
      clock.advance(1000);
      return (await claims.commands())['SETTLE ok'] === 2;
    });
    expect((await claims.commands())['SETTLE refused']).toBeGreaterThanOrEqual(2);
    expect(await another.of(START).take(UNDER_WAY)).toEqual(startedAs('r1'));
    expect(await another.of({ ...START, key: 'freed' }).take(UNDER_WAY)).toBeNull();
    expect(clock.pending).toEqual([]);
  });

  it('is told of once', async () => {
    const claims = await join();
    const claim = claims.of(START);
    await claim.take(UNDER_WAY);
    await claim.settle(startedAs('r1'));
    await valkey.kill();
    expect(await claims.of({ ...START, key: 'other' }).take(UNDER_WAY)).toBeUndefined();
    await valkey.start();
    await until(async () => (await claims.of({ ...START, key: 'third' }).take(UNDER_WAY)) !== undefined);
    expect(await valkey.client.exists(claim.name)).toBe(0);
  });
});

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
    claims = createClaims({
      fleet,
      source: 'upstream',
      maxWaitMs: MAX_WAIT_MS,
      now: Date.now,
      after: afterOnThisMachine,
    });
  });
  afterEach(async () => {
    claims.close();
    fleet.close();
    await valkey.close();
  });

  const claimOf = (index: number) => claims.of({ ...START, key: `key-${index}` });
  /** At random, since what is written is compressed. */
  const message = () => randomBytes(RECORD_BYTES / 2).toString('hex');
  const outcome = (index: number) => ({ ...startedAs(`run-${index}`), message: message() });

  async function bytesInValkey(): Promise<number> {
    const lengths = (await valkey.client.keys('stepgate:start:*')).map((name) => valkey.client.strlen(name));
    return (await Promise.all(lengths)).reduce((sum, length) => sum + length, 0);
  }

  it('are told when it is back, the latest 4 MiB of them', async () => {
    const taken = Array.from({ length: STARTS }, (_, index) => claimOf(index));
    for (const claim of taken) expect(await claim.take(UNDER_WAY)).toBeNull();
    await valkey.kill();
    for (const [index, claim] of taken.entries()) await claim.settle(outcome(index));
    await valkey.start();
    await until(async () => (await bytesInValkey()) > LEAST_BYTES);

    const newest = await claimOf(STARTS - 1).take(UNDER_WAY);
    expect(newest).toMatchObject({ state: 'started', runId: `run-${STARTS - 1}` });
    // The claim is free: nobody was told of the oldest.
    expect(await claimOf(0).take(UNDER_WAY)).toBeNull();
    expect(await bytesInValkey()).toBeLessThan(BOUND_BYTES);
  });
});
