import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHoldingCache, type HoldingCache, type HoldingCacheOptions } from '../support/cache.ts';
import { AbandonedError, GatewayError, type ErrorCode } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { createManualResource, operationOf, settle, viewerOf, type ManualResource } from '../support/operations.ts';
import { gatewayErrorOf, rejectionOf } from '../support/rejection.ts';

const LIVE_TTL_MS = 2000;
const REAUTH_INTERVAL_MS = 60_000;
const STALE_IF_ERROR_MS = 300_000;
const OVERHEAD_BYTES = 400;

const refused = (code: ErrorCode = 'UNAUTHENTICATED') => new GatewayError(code, 'no');
const outage = (code: ErrorCode = 'UPSTREAM_UNAVAILABLE') => new GatewayError(code, 'it is down');
const missing = () => new GatewayError('NOT_FOUND', 'no such run');

const live = (key = 'live') => createManualResource<string>(key, () => LIVE_TTL_MS);
const final = (key = 'final') => createManualResource<string>(key, () => Infinity);

describe('the resource cache', () => {
  let clock: ManualClock;
  let cache: HoldingCache;
  const unhandled = jest.fn();

  const createCache = (options: Partial<HoldingCacheOptions> = {}) =>
    createHoldingCache({
      maxBytes: 1_000_000,
      liveTtlMs: LIVE_TTL_MS,
      staleIfErrorMs: STALE_IF_ERROR_MS,
      reauthIntervalMs: REAUTH_INTERVAL_MS,
      now: clock.now,
      ...options,
    });

  beforeEach(() => {
    clock = createManualClock();
    cache = createCache();
    unhandled.mockClear();
    process.on('unhandledRejection', unhandled);
  });
  afterEach(async () => {
    await settle();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  const get = (resource: ManualResource<string>, key = 'ada', signal?: AbortSignal) =>
    cache.get(resource, operationOf(key, signal && { signal }));

  /** Asks, answers the one call that this causes, and tells what was served. */
  async function fill(resource: ManualResource<string>, value: string, key = 'ada', sizeBytes = 100) {
    const answer = get(resource, key);
    resource.underWay().answer(value, sizeBytes);
    return (await answer).cached;
  }

  /** What is served without any call. */
  async function heldValue(resource: ManualResource<string>, key = 'ada') {
    const before = resource.calls.length;
    const { cached, staleReason } = await get(resource, key);
    expect(resource.calls).toHaveLength(before);
    expect(staleReason).toBeNull();
    return cached.value;
  }

  describe('while what is cached can be trusted', () => {
    it('serves it without a call until its lifetime is over', async () => {
      const run = live();
      const cached = await fill(run, 'v1');
      expect(cached).toEqual({
        value: 'v1',
        sentAt: clock.now(),
        fetchedAt: clock.now(),
        sizeBytes: 100,
      });
      clock.advance(LIVE_TTL_MS - 1);
      expect(await heldValue(run)).toBe('v1');
      clock.advance(1);
      expect((await fill(run, 'v2')).value).toBe('v2');
    });

    it('counts its lifetime from when it came, not from when it was asked for', async () => {
      const run = live();
      const answer = get(run);
      clock.advance(5000);
      run.underWay().answer('v1');
      expect((await answer).cached).toMatchObject({ sentAt: clock.now() - 5000, fetchedAt: clock.now() });
      clock.advance(LIVE_TTL_MS - 1);
      expect(await heldValue(run)).toBe('v1');
    });

    it('never asks again for what will never change, as long as the right to it is renewed', async () => {
      const [run, other] = [final(), live()];
      await fill(run, 'v1');
      for (let minute = 0; minute < 60; minute += 1) {
        clock.advance(REAUTH_INTERVAL_MS - 1);
        await fill(other, 'anything');
        expect(await heldValue(run)).toBe('v1');
      }
      expect(run.calls).toHaveLength(1);
    });

    it('asks each time how long that is, for it may have become final since', async () => {
      let lifetimeMs = LIVE_TTL_MS;
      const run = createManualResource<string>('run', () => lifetimeMs);
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      lifetimeMs = Infinity;
      expect(await heldValue(run)).toBe('v1');
    });

    it('never serves it to another viewer', async () => {
      const run = final();
      await fill(run, 'of ada', 'ada');
      expect(cache.peek(viewerOf('bob'), run)).toBeUndefined();
      expect((await fill(run, 'of bob', 'bob')).value).toBe('of bob');
      expect(await heldValue(run, 'ada')).toBe('of ada');
      expect(run.calls.map(({ options }) => options.credential)).toEqual(['ada', 'bob']);
    });

    it('shows what is cached, trusted or not, to whoever peeks', async () => {
      const run = live();
      expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
      const cached = await fill(run, 'v1');
      clock.advance(10 * STALE_IF_ERROR_MS);
      expect(cache.peek(viewerOf('ada'), run)).toBe(cached);
    });

    it('serves it even to an operation that may make no call', async () => {
      const run = live();
      await fill(run, 'v1');
      expect((await cache.get(run, operationOf('ada', { maxCalls: 0 }))).cached.value).toBe('v1');
    });
  });

  describe('for all who ask at the same time', () => {
    it('makes one call, which whoever starts it pays for', async () => {
      const run = live();
      const payer = operationOf('ada', { maxCalls: 1 });
      const first = cache.get(run, payer);
      const others = Array.from({ length: 9 }, () => cache.get(run, operationOf('ada', { maxCalls: 0 })));
      run.underWay().answer('v1');
      const [cached, ...shared] = (await Promise.all([first, ...others])).map((served) => served.cached);
      for (const each of shared) expect(each).toBe(cached);
      expect(() => {
        payer.budget.take();
      }).toThrow('1 upstream calls');
    });

    it('refuses the one whose budget is used up, and makes no call for it', async () => {
      const run = live();
      const error = await gatewayErrorOf(cache.get(run, operationOf('ada', { maxCalls: 0 })));
      expect(error).toMatchObject({ code: 'UPSTREAM_BUDGET_EXCEEDED', isRetryable: false });
      expect(run.calls).toEqual([]);
      await fill(run, 'v1');
    });

    it('serves nothing stale for want of a budget', async () => {
      const run = live();
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      const error = await gatewayErrorOf(cache.get(run, operationOf('ada', { maxCalls: 0 })));
      expect(error.code).toBe('UPSTREAM_BUDGET_EXCEEDED');
    });

    it('makes one call for each viewer, though they ask for the same', async () => {
      const run = live();
      const answers = ['ada', 'bob', 'ada', 'bob'].map((key) => get(run, key));
      expect(run.calls.map(({ options }) => options.credential)).toEqual(['ada', 'bob']);
      for (const call of run.calls) call.answer(`of ${call.options.credential}`);
      expect((await Promise.all(answers)).map(({ cached }) => cached.value)).toEqual([
        'of ada',
        'of bob',
        'of ada',
        'of bob',
      ]);
    });

    it('tells the upstream the request id of whoever started the call', async () => {
      const run = live();
      await fill(run, 'v1');
      expect(run.calls[0]?.options.requestId).toBe('request of ada');
    });

    it('goes on with the call as long as anybody waits for it', async () => {
      const run = live();
      const starter = new AbortController();
      const left = rejectionOf(get(run, 'ada', starter.signal));
      const stayed = get(run);
      starter.abort();
      expect(await left).toBeInstanceOf(AbandonedError);
      run.underWay().answer('v1');
      expect((await stayed).cached.value).toBe('v1');
    });

    it('abandons the call when nobody waits any more, and makes another for the next who asks', async () => {
      const run = live();
      const client = new AbortController();
      const left = rejectionOf(get(run, 'ada', client.signal));
      client.abort();
      expect(await left).toBeInstanceOf(AbandonedError);
      expect(run.calls[0]?.options.signal.aborted).toBe(true);
      expect((await fill(run, 'v1')).value).toBe('v1');
      expect(run.calls).toHaveLength(2);
    });

    it('fails for all of them alike, and asks again for the next when nothing is cached', async () => {
      const run = live();
      const outcomes = [get(run), get(run)].map(gatewayErrorOf);
      const down = outage();
      run.underWay().fail(down);
      expect(await Promise.all(outcomes)).toEqual([down, down]);
      expect((await fill(run, 'v1')).value).toBe('v1');
    });
  });

  describe('when the upstream fails', () => {
    /** Holds something live whose lifetime is over. */
    async function outlived(run = live()) {
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      return run;
    }

    it.each(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_OVERLOADED', 'RATE_LIMITED'] as const)(
      'by %s, serves its last good answer and says why',
      async (code) => {
        const run = await outlived();
        const answer = get(run);
        run.underWay().fail(outage(code));
        expect(await answer).toMatchObject({ cached: { value: 'v1' }, staleReason: `${code}: it is down` });
      },
    );

    it.each(['UPSTREAM_CONTRACT_VIOLATION', 'BAD_USER_INPUT', 'UPSTREAM_ENDPOINT_DISABLED'] as const)(
      'by %s, serves nothing in its place',
      async (code) => {
        const run = await outlived();
        const outcome = gatewayErrorOf(get(run));
        run.underWay().fail(new GatewayError(code, 'no'));
        expect((await outcome).code).toBe(code);
      },
    );

    it('by a defect of ours, lets it through as it is', async () => {
      const run = await outlived();
      const defect = new TypeError('no function');
      const outcome = rejectionOf(get(run));
      run.underWay().fail(defect);
      expect(await outcome).toBe(defect);
    });

    it('does not ask again for a second, and then does', async () => {
      const run = await outlived();
      const answer = get(run);
      run.underWay().fail(outage());
      await answer;
      clock.advance(999);
      expect((await get(run)).staleReason).toBe('UPSTREAM_UNAVAILABLE: it is down');
      expect(run.calls).toHaveLength(2);
      clock.advance(1);
      const back = get(run);
      run.underWay().answer('v2');
      expect(await back).toMatchObject({ cached: { value: 'v2' }, staleReason: null });
      expect(await heldValue(run)).toBe('v2');
    });

    it('serves it for STALE_IF_ERROR_MS after its lifetime, and not a moment longer', async () => {
      const run = await outlived();
      clock.advance(STALE_IF_ERROR_MS);
      const last = get(run);
      run.underWay().fail(outage());
      expect((await last).staleReason).not.toBeNull();
      clock.advance(1);
      expect((await gatewayErrorOf(get(run))).code).toBe('UPSTREAM_UNAVAILABLE');
      clock.advance(LIVE_TTL_MS);
      const later = gatewayErrorOf(get(run));
      run.underWay().fail(outage('UPSTREAM_TIMEOUT'));
      expect((await later).code).toBe('UPSTREAM_TIMEOUT');
    });

    it('serves nothing stale where STALE_IF_ERROR_MS is 0, from the next moment on', async () => {
      cache = createCache({ staleIfErrorMs: 0 });
      const run = await outlived();
      clock.advance(1);
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(outage());
      expect((await outcome).code).toBe('UPSTREAM_UNAVAILABLE');
    });

    it("serves no other viewer's last good answer", async () => {
      const run = await outlived();
      const outcome = gatewayErrorOf(get(run, 'bob'));
      run.underWay().fail(outage());
      expect((await outcome).code).toBe('UPSTREAM_UNAVAILABLE');
    });

    it("lets one viewer's failure keep no other from asking", async () => {
      const run = live();
      await fill(run, 'of ada', 'ada');
      await fill(run, 'of bob', 'bob');
      clock.advance(LIVE_TTL_MS);
      const failing = get(run, 'ada');
      run.underWay().fail(outage('RATE_LIMITED'));
      await failing;
      expect((await fill(run, 'new for bob', 'bob')).value).toBe('new for bob');
    });
  });

  describe('when the upstream knows of nothing', () => {
    it('believes it for a second, without asking again', async () => {
      const run = live();
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      expect((await outcome).code).toBe('NOT_FOUND');
      clock.advance(999);
      expect((await gatewayErrorOf(get(run))).code).toBe('NOT_FOUND');
      expect(run.calls).toHaveLength(1);
      clock.advance(1);
      expect((await fill(run, 'v1')).value).toBe('v1');
      expect(await heldValue(run)).toBe('v1');
    });

    it('believes it for no longer than LIVE_TTL_MS', async () => {
      cache = createCache({ liveTtlMs: 0 });
      const run = live();
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      await outcome;
      expect((await fill(run, 'v1')).value).toBe('v1');
    });

    it('holds no longer what there was', async () => {
      const run = live();
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      await outcome;
      expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
      expect(cache.cachedBytes).toBe(0);
      clock.advance(1000);
      const later = gatewayErrorOf(get(run));
      run.underWay().fail(outage());
      expect((await later).code).toBe('UPSTREAM_UNAVAILABLE');
    });

    it('tells it to no other viewer, and of nothing else', async () => {
      const [run, other] = [live('run'), live('other')];
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      await outcome;
      expect((await fill(run, 'of bob', 'bob')).value).toBe('of bob');
      expect((await fill(other, 'other')).value).toBe('other');
    });
  });

  describe('when the upstream refuses the key', () => {
    it.each(['UNAUTHENTICATED', 'FORBIDDEN'] as const)(
      'by %s, holds nothing for that viewer any more, and everything for the others',
      async (code) => {
        const runs = [final('a'), final('b')];
        for (const run of runs) {
          await fill(run, 'of ada', 'ada');
          await fill(run, 'of bob', 'bob');
        }
        const other = live();
        const outcome = gatewayErrorOf(get(other, 'ada'));
        other.underWay().fail(refused(code));
        expect((await outcome).code).toBe(code);
        for (const run of runs) {
          expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
          expect(await heldValue(run, 'bob')).toBe('of bob');
        }
        expect(cache.cachedBytes).toBe(2 * (100 + OVERHEAD_BYTES));
      },
    );

    it('asks again for whatever the viewer wants next, and serves nothing stale', async () => {
      const [run, other] = [final(), live()];
      await fill(run, 'v1');
      const refusal = gatewayErrorOf(get(other));
      other.underWay().fail(refused());
      await refusal;
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(outage());
      expect((await outcome).code).toBe('UPSTREAM_UNAVAILABLE');
      expect((await fill(run, 'v2')).value).toBe('v2');
    });

    it('does not hold what a call brings that began before', async () => {
      const [slow, other] = [final('slow'), live('other')];
      await fill(other, 'v1');
      clock.advance(LIVE_TTL_MS);
      const late = get(slow);
      const refusal = gatewayErrorOf(get(other));
      other.underWay().fail(refused());
      await refusal;
      slow.underWay().answer('late');
      // Whoever waited for that very call is served: the upstream let its key see it.
      expect((await late).cached.value).toBe('late');
      expect(cache.peek(viewerOf('ada'), slow)).toBeUndefined();
      expect(cache.cachedBytes).toBe(0);
      expect((await fill(slow, 'new')).value).toBe('new');
      expect(await heldValue(slow)).toBe('new');
    });
  });

  describe("when the viewer's right must be renewed", () => {
    /** Three runs cached for ada, whose right was last proven just REAUTH_INTERVAL_MS ago. */
    async function inDoubt() {
      const runs = [final('a'), final('b'), final('c')] as const;
      for (const run of runs) await fill(run, `old ${run.key}`);
      clock.advance(REAUTH_INTERVAL_MS);
      return runs;
    }
    const callsOf = (runs: readonly ManualResource<string>[]) => runs.reduce((sum, { calls }) => sum + calls.length, 0);

    it('serves without a call until REAUTH_INTERVAL_MS have passed since the last successful call was sent', async () => {
      const [run, slow] = [final(), live()];
      await fill(run, 'v1');
      clock.advance(10_000);
      const answer = get(slow);
      clock.advance(20_000);
      slow.underWay().answer('slow');
      await answer;
      clock.advance(REAUTH_INTERVAL_MS - 20_001);
      expect(await heldValue(run)).toBe('v1');
      clock.advance(1);
      expect((await fill(run, 'v2')).value).toBe('v2');
    });

    it('makes one call for all that are asked for, and serves the others from what is cached', async () => {
      const runs = await inDoubt();
      const answers = Promise.all([...runs, ...runs].map((run) => get(run)));
      await settle();
      expect(callsOf(runs)).toBe(4);
      runs[0].underWay().answer('new a');
      expect((await answers).map(({ cached }) => cached.value)).toEqual([
        'new a',
        'old b',
        'old c',
        'new a',
        'old b',
        'old c',
      ]);
      expect(callsOf(runs)).toBe(4);
    });

    it('lets the refusal of that call reach everybody who waits for it', async () => {
      const runs = await inDoubt();
      const outcomes = [...runs, ...runs].map((run) => gatewayErrorOf(get(run)));
      await settle();
      runs[0].underWay().fail(refused());
      expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual(Array(6).fill('UNAUTHENTICATED'));
      expect(callsOf(runs)).toBe(4);
      expect(cache.cachedBytes).toBe(0);
    });

    it('serves everybody stale when that call fails, within STALE_IF_ERROR_MS', async () => {
      const runs = await inDoubt();
      clock.advance(STALE_IF_ERROR_MS);
      const answers = Promise.all(runs.map((run) => get(run)));
      await settle();
      runs[0].underWay().fail(outage());
      for (const { cached, staleReason } of await answers) {
        expect(cached.value).toMatch(/^old/);
        expect(staleReason).toBe('UPSTREAM_UNAVAILABLE: it is down');
      }
      expect(callsOf(runs)).toBe(4);
    });

    it('serves nobody anything when that call fails later than that', async () => {
      const runs = await inDoubt();
      clock.advance(STALE_IF_ERROR_MS + 1);
      const outcomes = runs.map((run) => gatewayErrorOf(get(run)));
      await settle();
      runs[0].underWay().fail(outage());
      expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual(Array(3).fill('UPSTREAM_UNAVAILABLE'));
    });

    it('takes a 404 for no proof of it: the others ask for themselves', async () => {
      const runs = await inDoubt();
      const gone = gatewayErrorOf(get(runs[0]));
      const other = get(runs[1]);
      await settle();
      runs[0].underWay().fail(missing());
      expect((await gone).code).toBe('NOT_FOUND');
      await settle();
      runs[1].underWay().answer('new b');
      expect((await other).cached.value).toBe('new b');
    });

    it('goes on when whoever made that call left: the others ask for themselves', async () => {
      const runs = await inDoubt();
      const client = new AbortController();
      const left = rejectionOf(get(runs[0], 'ada', client.signal));
      const other = get(runs[1]);
      await settle();
      client.abort();
      expect(await left).toBeInstanceOf(AbandonedError);
      await settle();
      runs[1].underWay().answer('new b');
      expect((await other).cached.value).toBe('new b');
    });

    it('lets whoever wants what is not cached ask at once', async () => {
      const runs = await inDoubt();
      const renewing = get(runs[0]);
      const missed = live('missed');
      const answer = get(missed);
      missed.underWay().answer('v1');
      expect((await answer).cached.value).toBe('v1');
      // That call proved the right, too.
      expect(await heldValue(runs[1])).toBe('old b');
      runs[0].underWay().answer('new a');
      await renewing;
    });

    it('asks for what waited, too, when its own lifetime is over meanwhile', async () => {
      const [run, other] = [live('run'), final('other')];
      await fill(run, 'v1');
      await fill(other, 'v1');
      clock.advance(REAUTH_INTERVAL_MS);
      const renewing = get(other);
      const waiting = get(run);
      await settle();
      expect(run.calls).toHaveLength(1);
      other.underWay().answer('v2');
      await renewing;
      await settle();
      run.underWay().answer('v2');
      expect((await waiting).cached.value).toBe('v2');
    });

    it("renews one viewer's right by no other viewer's call", async () => {
      const run = final();
      await fill(run, 'of ada', 'ada');
      await fill(run, 'of bob', 'bob');
      clock.advance(REAUTH_INTERVAL_MS);
      await fill(run, 'new for ada', 'ada');
      expect((await fill(run, 'new for bob', 'bob')).value).toBe('new for bob');
    });

    it('renews it at every request where REAUTH_INTERVAL_MS is 0, by one call for all that come at once', async () => {
      cache = createCache({ reauthIntervalMs: 0 });
      const [run, other] = [final('run'), final('other')];
      await fill(run, 'v1');
      await fill(other, 'v1');
      for (const value of ['v2', 'v3']) {
        const answers = Promise.all([get(run), get(run), get(other)]);
        await settle();
        run.underWay().answer(value);
        expect((await answers).map(({ cached }) => cached.value)).toEqual([value, value, 'v1']);
      }
      expect(run.calls).toHaveLength(3);
      expect(other.calls).toHaveLength(1);
    });
  });

  describe('within its bound of bytes', () => {
    const roomFor = (count: number) => count * (100 + OVERHEAD_BYTES);

    it('lets go of what was used longest ago, and asks for it again', async () => {
      cache = createCache({ maxBytes: roomFor(2) });
      const [a, b, c] = [final('a'), final('b'), final('c')];
      await fill(a, 'a');
      await fill(b, 'b');
      expect(await heldValue(a)).toBe('a');
      await fill(c, 'c');
      expect(cache.cachedBytes).toBe(roomFor(2));
      expect(await heldValue(a)).toBe('a');
      expect((await fill(b, 'b again')).value).toBe('b again');
    });

    it('serves what is larger than all its room, but does not hold it', async () => {
      cache = createCache({ maxBytes: roomFor(2) });
      const run = final();
      expect((await fill(run, 'huge', 'ada', roomFor(2))).value).toBe('huge');
      expect(cache.cachedBytes).toBe(0);
      expect((await fill(run, 'huge again', 'ada', roomFor(2))).value).toBe('huge again');
    });

    it('of 0 holds nothing, though calls under way are shared', async () => {
      cache = createCache({ maxBytes: 0 });
      const run = final();
      const answers = Promise.all([get(run), get(run)]);
      run.underWay().answer('v1', 0);
      expect((await answers).map(({ cached }) => cached.value)).toEqual(['v1', 'v1']);
      expect(cache.cachedBytes).toBe(0);
      await fill(run, 'v2');
    });

    it('asks again when what waited for a revalidation was let go of meanwhile', async () => {
      cache = createCache({ maxBytes: roomFor(2) });
      const [a, b] = [final('a'), final('b')];
      await fill(a, 'a');
      await fill(b, 'b');
      clock.advance(REAUTH_INTERVAL_MS);
      const renewing = get(a);
      const waiting = get(b);
      await settle();
      a.underWay().answer('huge', roomFor(2) - OVERHEAD_BYTES);
      await renewing;
      await settle();
      b.underWay().answer('b again');
      expect((await waiting).cached.value).toBe('b again');
    });
  });
});
