import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHoldingCache, type HoldingCache, type HoldingCacheOptions } from '../support/cache.ts';
import { AbandonedError, GatewayError, type ErrorCode } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { createManualResource, operationOf, settle, viewerOf, type ManualResource } from '../support/operations.ts';
import { gatewayErrorOf, rejectionOf } from '../support/rejection.ts';

const LIVE_TTL_MS = 2000;
const REAUTH_INTERVAL_MS = 60_000;
const STALE_IF_ERROR_MS = 300_000;

const denied = (code: ErrorCode = 'UNAUTHENTICATED') => new GatewayError(code, 'no');
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

  /** Gets the resource, answers the one call that this causes, and returns what was served. */
  async function fill(resource: ManualResource<string>, value: string, key = 'ada', sizeBytes = 100) {
    const answer = get(resource, key);
    resource.underWay().answer(value, sizeBytes);
    return (await answer).cached;
  }

  /** The value that is served without a call. */
  async function cachedValue(resource: ManualResource<string>, key = 'ada') {
    const before = resource.calls.length;
    const { cached, staleReason } = await get(resource, key);
    expect(resource.calls).toHaveLength(before);
    expect(staleReason).toBeNull();
    return cached.value;
  }

  describe('while a cached answer is fresh', () => {
    it('serves it without a call until its lifetime ends', async () => {
      const run = live();
      const cached = await fill(run, 'v1');
      expect(cached).toEqual({
        value: 'v1',
        sentAt: clock.now(),
        fetchedAt: clock.now(),
        sizeBytes: 100,
      });
      clock.advance(LIVE_TTL_MS - 1);
      expect(await cachedValue(run)).toBe('v1');
      clock.advance(1);
      expect((await fill(run, 'v2')).value).toBe('v2');
    });

    it('counts the lifetime from when the answer came, not from when it was requested', async () => {
      const run = live();
      const answer = get(run);
      clock.advance(5000);
      run.underWay().answer('v1');
      expect((await answer).cached).toMatchObject({ sentAt: clock.now() - 5000, fetchedAt: clock.now() });
      clock.advance(LIVE_TTL_MS - 1);
      expect(await cachedValue(run)).toBe('v1');
    });

    it('never fetches a final answer again, as long as the right to it is renewed', async () => {
      const [run, other] = [final(), live()];
      await fill(run, 'v1');
      for (let minute = 0; minute < 60; minute += 1) {
        clock.advance(REAUTH_INTERVAL_MS - 1);
        await fill(other, 'anything');
        expect(await cachedValue(run)).toBe('v1');
      }
      expect(run.calls).toHaveLength(1);
    });

    it('evaluates the lifetime each time: the answer may have become final', async () => {
      let lifetimeMs = LIVE_TTL_MS;
      const run = createManualResource<string>('run', () => lifetimeMs);
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      lifetimeMs = Infinity;
      expect(await cachedValue(run)).toBe('v1');
    });

    it('never serves it to another viewer', async () => {
      const run = final();
      await fill(run, 'of ada', 'ada');
      expect(cache.peek(viewerOf('bob'), run)).toBeUndefined();
      expect((await fill(run, 'of bob', 'bob')).value).toBe('of bob');
      expect(await cachedValue(run, 'ada')).toBe('of ada');
      expect(run.calls.map(({ options }) => options.credential)).toEqual(['ada', 'bob']);
    });

    it('peeks at it, fresh or not', async () => {
      const run = live();
      expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
      const cached = await fill(run, 'v1');
      clock.advance(10 * STALE_IF_ERROR_MS);
      expect(cache.peek(viewerOf('ada'), run)).toBe(cached);
    });

    it('serves it even to an operation without call budget', async () => {
      const run = live();
      await fill(run, 'v1');
      expect((await cache.get(run, operationOf('ada', { maxCalls: 0 }))).cached.value).toBe('v1');
    });
  });

  describe('for concurrent requests', () => {
    it('makes one call, which is charged to the operation that starts it', async () => {
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

    it('makes no call for an operation whose budget is used up', async () => {
      const run = live();
      const error = await gatewayErrorOf(cache.get(run, operationOf('ada', { maxCalls: 0 })));
      expect(error).toMatchObject({ code: 'UPSTREAM_BUDGET_EXCEEDED', isRetryable: false });
      expect(run.calls).toEqual([]);
      await fill(run, 'v1');
    });

    it('does not serve stale data because a budget is used up', async () => {
      const run = live();
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      const error = await gatewayErrorOf(cache.get(run, operationOf('ada', { maxCalls: 0 })));
      expect(error.code).toBe('UPSTREAM_BUDGET_EXCEEDED');
    });

    it('makes one call for each viewer, even for the same resource', async () => {
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

    it('passes on the request id of the operation that started the call', async () => {
      const run = live();
      await fill(run, 'v1');
      expect(run.calls[0]?.options.requestId).toBe('request of ada');
    });

    it('continues the call as long as anybody waits for it', async () => {
      const run = live();
      const starter = new AbortController();
      const left = rejectionOf(get(run, 'ada', starter.signal));
      const stayed = get(run);
      starter.abort();
      expect(await left).toBeInstanceOf(AbandonedError);
      run.underWay().answer('v1');
      expect((await stayed).cached.value).toBe('v1');
    });

    it('aborts the call when nobody waits any more, and makes another for the next request', async () => {
      const run = live();
      const client = new AbortController();
      const left = rejectionOf(get(run, 'ada', client.signal));
      client.abort();
      expect(await left).toBeInstanceOf(AbandonedError);
      expect(run.calls[0]?.options.signal.aborted).toBe(true);
      expect((await fill(run, 'v1')).value).toBe('v1');
      expect(run.calls).toHaveLength(2);
    });

    it('fails for all of them, and makes another call for the next request', async () => {
      const run = live();
      const outcomes = [get(run), get(run)].map(gatewayErrorOf);
      const down = outage();
      run.underWay().fail(down);
      expect(await Promise.all(outcomes)).toEqual([down, down]);
      expect((await fill(run, 'v1')).value).toBe('v1');
    });
  });

  describe('when the upstream fails', () => {
    /** Caches a live answer whose lifetime is over. */
    async function outlived(run = live()) {
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      return run;
    }

    it.each(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_OVERLOADED', 'RATE_LIMITED'] as const)(
      'with %s, serves its last good answer and the reason',
      async (code) => {
        const run = await outlived();
        const answer = get(run);
        run.underWay().fail(outage(code));
        expect(await answer).toMatchObject({ cached: { value: 'v1' }, staleReason: `${code}: it is down` });
      },
    );

    it.each(['UPSTREAM_CONTRACT_VIOLATION', 'BAD_USER_INPUT', 'UPSTREAM_ENDPOINT_DISABLED'] as const)(
      'with %s, serves no stale answer',
      async (code) => {
        const run = await outlived();
        const outcome = gatewayErrorOf(get(run));
        run.underWay().fail(new GatewayError(code, 'no'));
        expect((await outcome).code).toBe(code);
      },
    );

    it('by a defect, rethrows it unchanged', async () => {
      const run = await outlived();
      const defect = new TypeError('no function');
      const outcome = rejectionOf(get(run));
      run.underWay().fail(defect);
      expect(await outcome).toBe(defect);
    });

    it('makes no other call for a second', async () => {
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
      expect(await cachedValue(run)).toBe('v2');
    });

    it('serves a stale answer for STALE_IF_ERROR_MS after its lifetime, and no longer', async () => {
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

    it('serves no stale answer where STALE_IF_ERROR_MS is 0', async () => {
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

    it("does not apply one viewer's failure to another", async () => {
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

  describe('when the upstream answers 404', () => {
    it('remembers it for a second', async () => {
      await fill(live('other'), 'v1');
      const run = live();
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      expect((await outcome).code).toBe('NOT_FOUND');
      clock.advance(999);
      expect((await gatewayErrorOf(get(run))).code).toBe('NOT_FOUND');
      expect(run.calls).toHaveLength(1);
      clock.advance(1);
      expect((await fill(run, 'v1')).value).toBe('v1');
      expect(await cachedValue(run)).toBe('v1');
    });

    it('does not remember it for a viewer of whom no call has succeeded', async () => {
      const run = live();
      for (let turn = 1; turn <= 3; turn += 1) {
        const outcome = gatewayErrorOf(get(run));
        run.underWay().fail(missing());
        expect((await outcome).code).toBe('NOT_FOUND');
        expect(run.calls).toHaveLength(turn);
      }
      expect(cache.cachedBytes).toBe(0);
    });

    it("caches the resource's value for a missing one, if it has any", async () => {
      const run = { ...live(), valueIfMissing: 'none' };
      const other = live('other');
      await fill(other, 'v1');
      const answer = get(run);
      run.underWay().fail(missing());
      expect((await answer).cached.value).toBe('none');
      expect(await cachedValue(run)).toBe('none');
    });

    it('does not count a 404 as a proof of the right', async () => {
      const run = { ...live(), valueIfMissing: 'none' };
      const answer = get(run);
      run.underWay().fail(missing());
      expect((await answer).cached.value).toBe('none');
      expect(cache.hasProvenRight(viewerOf('ada'))).toBe(false);
      expect(cache.cachedBytes).toBe(0);
    });

    it('remembers it for no longer than LIVE_TTL_MS', async () => {
      cache = createCache({ liveTtlMs: 0 });
      await fill(live('other'), 'v1');
      const run = live();
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      await outcome;
      expect((await fill(run, 'v1')).value).toBe('v1');
    });

    it('evicts the answer that was cached', async () => {
      const [run, other] = [live(), live('other')];
      await fill(other, 'v1');
      const bytes = cache.cachedBytes;
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      await outcome;
      expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
      expect(cache.cachedBytes).toBe(bytes);
      clock.advance(1000);
      const later = gatewayErrorOf(get(run));
      run.underWay().fail(outage());
      expect((await later).code).toBe('UPSTREAM_UNAVAILABLE');
    });

    it('applies it to no other viewer and no other resource', async () => {
      const [run, other] = [live('run'), live('other')];
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(missing());
      await outcome;
      expect((await fill(run, 'of bob', 'bob')).value).toBe('of bob');
      expect((await fill(other, 'other')).value).toBe('other');
    });
  });

  describe('when the upstream denies access', () => {
    it.each(['UNAUTHENTICATED', 'FORBIDDEN'] as const)(
      'with %s, evicts everything of that viewer, and nothing of others',
      async (code) => {
        const runs = [final('a'), final('b')];
        for (const run of runs) await fill(run, 'of bob', 'bob');
        const bytesOfBob = cache.cachedBytes;
        for (const run of runs) await fill(run, 'of ada', 'ada');
        const other = live();
        const outcome = gatewayErrorOf(get(other, 'ada'));
        other.underWay().fail(denied(code));
        expect((await outcome).code).toBe(code);
        for (const run of runs) {
          expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
          expect(await cachedValue(run, 'bob')).toBe('of bob');
        }
        expect(cache.cachedBytes).toBe(bytesOfBob);
      },
    );

    it('makes a call for the next request, and serves nothing stale', async () => {
      const [run, other] = [final(), live()];
      await fill(run, 'v1');
      const denial = gatewayErrorOf(get(other));
      other.underWay().fail(denied());
      await denial;
      const outcome = gatewayErrorOf(get(run));
      run.underWay().fail(outage());
      expect((await outcome).code).toBe('UPSTREAM_UNAVAILABLE');
      expect((await fill(run, 'v2')).value).toBe('v2');
    });

    it('does not cache the answer of a call that began before', async () => {
      const [slow, other] = [final('slow'), live('other')];
      await fill(other, 'v1');
      clock.advance(LIVE_TTL_MS);
      const late = get(slow);
      const denial = gatewayErrorOf(get(other));
      other.underWay().fail(denied());
      await denial;
      slow.underWay().answer('late');
      // Those who waited for that call are served: the upstream allowed it.
      expect((await late).cached.value).toBe('late');
      expect(cache.peek(viewerOf('ada'), slow)).toBeUndefined();
      expect(cache.cachedBytes).toBe(0);
      expect((await fill(slow, 'new')).value).toBe('new');
      expect(await cachedValue(slow)).toBe('new');
    });
  });

  describe('for a viewer of whom no call has succeeded', () => {
    const { id } = viewerOf('made-up');
    /** While a call is under way its partition is shared; nothing else tells one use of an unknown viewer from another. */
    const isRemembered = () => cache.partitions.of(id) === cache.partitions.of(id);

    it.each([
      ['is denied', denied()],
      ['is answered 404', missing()],
      ['fails', outage()],
      ['violates the contract', new GatewayError('UPSTREAM_CONTRACT_VIOLATION', 'no')],
      ['fails by a defect', new TypeError('no function')],
    ])('keeps nothing when the call %s', async (_how, error) => {
      const run = live();
      const outcome = rejectionOf(get(run, 'made-up'));
      expect(isRemembered()).toBe(true);
      run.underWay().fail(error);
      expect(await outcome).toBe(error);
      expect(isRemembered()).toBe(false);
      expect(cache.cachedBytes).toBe(0);
      expect(cache.hasProvenRight(viewerOf('made-up'))).toBe(false);
    });

    it('keeps nothing when the client leaves', async () => {
      const client = new AbortController();
      const left = rejectionOf(get(live(), 'made-up', client.signal));
      client.abort();
      expect(await left).toBeInstanceOf(AbandonedError);
      await settle();
      expect(isRemembered()).toBe(false);
    });

    it('keeps the viewer and the answer when the call succeeds', async () => {
      await fill(live(), 'v1', 'made-up');
      expect(isRemembered()).toBe(true);
      expect(cache.hasProvenRight(viewerOf('made-up'))).toBe(true);
      clock.advance(REAUTH_INTERVAL_MS);
      expect(cache.hasProvenRight(viewerOf('made-up'))).toBe(false);
    });
  });

  describe("when the viewer's right must be renewed", () => {
    /** Three cached runs of ada, whose right was last proven REAUTH_INTERVAL_MS ago. */
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
      expect(await cachedValue(run)).toBe('v1');
      clock.advance(1);
      expect((await fill(run, 'v2')).value).toBe('v2');
    });

    it('makes one call for all requests, and serves the others from the cache', async () => {
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

    it('fails everybody who waits when that call is denied', async () => {
      const runs = await inDoubt();
      const outcomes = [...runs, ...runs].map((run) => gatewayErrorOf(get(run)));
      await settle();
      runs[0].underWay().fail(denied());
      expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual(Array(6).fill('UNAUTHENTICATED'));
      expect(callsOf(runs)).toBe(4);
      expect(cache.cachedBytes).toBe(0);
    });

    it('serves stale answers to all when that call fails, within STALE_IF_ERROR_MS', async () => {
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

    it('serves no stale answers when that call fails later than that', async () => {
      const runs = await inDoubt();
      clock.advance(STALE_IF_ERROR_MS + 1);
      const outcomes = runs.map((run) => gatewayErrorOf(get(run)));
      await settle();
      runs[0].underWay().fail(outage());
      expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual(Array(3).fill('UPSTREAM_UNAVAILABLE'));
    });

    it('does not count a 404 as a proof: the others make calls of their own', async () => {
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

    it('makes calls for the others when the client of that call leaves', async () => {
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

    it('fetches an uncached resource at once', async () => {
      const runs = await inDoubt();
      const renewing = get(runs[0]);
      const missed = live('missed');
      const answer = get(missed);
      missed.underWay().answer('v1');
      expect((await answer).cached.value).toBe('v1');
      // That call proved the right, too.
      expect(await cachedValue(runs[1])).toBe('old b');
      runs[0].underWay().answer('new a');
      await renewing;
    });

    it('fetches an answer whose lifetime ended while it waited', async () => {
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

    it("does not renew one viewer's right by another viewer's call", async () => {
      const run = final();
      await fill(run, 'of ada', 'ada');
      await fill(run, 'of bob', 'bob');
      clock.advance(REAUTH_INTERVAL_MS);
      await fill(run, 'new for ada', 'ada');
      expect((await fill(run, 'new for bob', 'bob')).value).toBe('new for bob');
    });

    it('renews it at every request where REAUTH_INTERVAL_MS is 0, with one call for concurrent ones', async () => {
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
    /** Room for just so many values of 100 bytes, of one viewer. */
    async function roomFor(count: number): Promise<number> {
      cache = createCache();
      for (let index = 0; index < count; index += 1) await fill(final(String(index)), 'value');
      return cache.cachedBytes;
    }

    it('evicts the least recently used answer, and fetches it again', async () => {
      const room = await roomFor(2);
      cache = createCache({ maxBytes: room });
      const [a, b, c] = [final('a'), final('b'), final('c')];
      await fill(a, 'a');
      await fill(b, 'b');
      expect(await cachedValue(a)).toBe('a');
      await fill(c, 'c');
      expect(cache.cachedBytes).toBe(room);
      expect(await cachedValue(a)).toBe('a');
      expect((await fill(b, 'b again')).value).toBe('b again');
    });

    it('serves an answer that is larger than the bound, but does not cache it', async () => {
      const room = await roomFor(1);
      cache = createCache({ maxBytes: room });
      const run = final('a');
      expect((await fill(run, 'huge', 'ada', 101)).value).toBe('huge');
      expect(cache.peek(viewerOf('ada'), run)).toBeUndefined();
      expect((await fill(run, 'small', 'ada', 100)).value).toBe('small');
      expect(await cachedValue(run)).toBe('small');
    });

    it('of 0 caches nothing, but shares calls under way', async () => {
      cache = createCache({ maxBytes: 0 });
      const run = final();
      const answers = Promise.all([get(run), get(run)]);
      run.underWay().answer('v1', 0);
      expect((await answers).map(({ cached }) => cached.value)).toEqual(['v1', 'v1']);
      expect(cache.cachedBytes).toBe(0);
      await fill(run, 'v2');
    });

    it('fetches an answer that was evicted while it waited for a revalidation', async () => {
      const [one, two] = [await roomFor(1), await roomFor(2)];
      cache = createCache({ maxBytes: two });
      const [a, b] = [final('a'), final('b')];
      await fill(a, 'a');
      await fill(b, 'b');
      clock.advance(REAUTH_INTERVAL_MS);
      const renewing = get(a);
      const waiting = get(b);
      await settle();
      a.underWay().answer('huge', 100 + two - one);
      await renewing;
      await settle();
      b.underWay().answer('b again');
      expect((await waiting).cached.value).toBe('b again');
    });
  });
});
