import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHoldingCache, type HoldingCache, type HoldingCacheOptions } from '../support/cache.ts';
import { cacheOutcomeOf, type OperationRecord } from '../../src/observability/operation-record.ts';
import type { Resource } from '../../src/runs/resource-cache.ts';
import type { Called, Loaded, SharedRequest } from '../../src/runs/shared/shared-request.ts';
import type { StoredAnswer } from '../../src/runs/shared/stored-answer.ts';
import { AbandonedError, GatewayError, type ErrorCode } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { createManualResource, operationOf, settle, viewerOf, type ManualResource } from '../support/operations.ts';
import { gatewayErrorOf, rejectionOf } from '../support/rejection.ts';

const LIVE_TTL_MS = 2000;
const REAUTH_INTERVAL_MS = 60_000;
const STALE_IF_ERROR_MS = 300_000;

const denied = (code: ErrorCode = 'UNAUTHENTICATED') => new GatewayError(code, 'no');
const outage = (code: ErrorCode = 'UPSTREAM_UNAVAILABLE') => new GatewayError(code, 'it is down');
const missing = () => new GatewayError('NOT_FOUND', 'no such run');

const live = (key = 'live') => createManualResource<string>(key, () => LIVE_TTL_MS);
const final = (key = 'final', workflowId = 'wf') => createManualResource<string>(key, () => Infinity, workflowId);

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

    it('peeks at it while it is fresh, whatever the right to it', async () => {
      const [run, over] = [live(), final()];
      const peekFresh = (resource: ManualResource<string>) => cache.peekFresh(viewerOf('ada'), resource);
      expect(peekFresh(run)).toBeNull();
      const [cached, kept] = [await fill(run, 'v1'), await fill(over, 'v1')];
      clock.advance(LIVE_TTL_MS - 1);
      expect(peekFresh(run)).toEqual({ cached, untilMs: clock.now() + 1 });
      clock.advance(1);
      expect(peekFresh(run)).toBeNull();
      clock.advance(REAUTH_INTERVAL_MS);
      expect(peekFresh(over)).toEqual({ cached: kept, untilMs: Infinity });
    });

    it('serves it even to an operation without call budget', async () => {
      const run = live();
      await fill(run, 'v1');
      expect((await cache.get(run, operationOf('ada', { maxCalls: 0 }))).cached.value).toBe('v1');
    });
  });

  describe('for concurrent requests', () => {
    it('keeps what a later call has brought, when an earlier one is answered after it', async () => {
      const [record, list] = [createManualResource<string>('record', () => LIVE_TTL_MS), live('list')];
      const slow = get(record);
      clock.advance(1);
      const cached = await fill(list, 'runs');
      cache.offer(viewerOf('ada'), record, { ...cached, value: 'completed' }, list);
      record.underWay().answer('running');
      expect((await slow).cached.value).toBe('completed');
      expect(await cachedValue(record)).toBe('completed');
    });

    it('makes one call, which is charged to the operation that starts it', async () => {
      const run = live();
      const payer = operationOf('ada', { maxCalls: 1 });
      const first = cache.get(run, payer);
      const others = Array.from({ length: 9 }, () => cache.get(run, operationOf('ada', { maxCalls: 0 })));
      run.underWay().answer('v1');
      const [cached, ...shared] = (await Promise.all([first, ...others])).map((served) => served.cached);
      for (const each of shared) expect(each).toBe(cached);
      expect(() => {
        payer.budget.take(true);
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

    async function deny(resource: ManualResource<string>, code: ErrorCode = 'FORBIDDEN') {
      const outcome = gatewayErrorOf(get(resource));
      resource.underWay().fail(denied(code));
      expect((await outcome).code).toBe(code);
    }

    it('evicts nothing where the same workflow was denied before: whoever keeps asking for it has the others cached', async () => {
      const [theirs, mine] = [final('theirs', 'theirs'), final('mine', 'mine')];
      await fill(mine, 'v1');
      await deny(theirs);
      expect(cache.cachedBytes).toBe(0);
      await fill(mine, 'v2');
      for (let time = 0; time < 3; time += 1) {
        await deny(theirs);
        expect(await cachedValue(mine)).toBe('v2');
      }
      // Another one is news, and so is a key that is refused.
      await deny(final('other', 'other'));
      expect(cache.cachedBytes).toBe(0);
      await fill(mine, 'v3');
      await deny(theirs, 'UNAUTHENTICATED');
      expect(cache.cachedBytes).toBe(0);
    });

    it('evicts nothing where another endpoint of the workflow is allowed, as its list may be beside steps that are denied', async () => {
      const list = final('runs');
      const steps = { ...final('steps'), endpoint: 'steps' } as const;
      const denyBoth = async () => {
        await deny(steps);
        cache.deny(viewerOf('ada'), denied('FORBIDDEN'), { endpoint: 'execute', workflowId: 'wf' });
      };
      await denyBoth();
      for (const round of ['first', 'second', 'third']) {
        await fill(list, round);
        await denyBoth();
        expect(await cachedValue(list)).toBe(round);
        cache.partitions.remove(viewerOf('ada').id, 'runs');
      }
      // Of another endpoint it is news.
      await fill(list, 'last');
      await deny({ ...final('record'), endpoint: 'run' });
      expect(cache.cachedBytes).toBe(0);
    });

    describe('to what has come inside a list', () => {
      const deniedAgain = async (record: ManualResource<string>) => {
        const list = live('runs');
        await deny(record);
        const cached = await fill(list, 'runs');
        cache.offer(viewerOf('ada'), record, { ...cached, value: 'listed' }, list);
        expect(await cachedValue(record)).toBe('listed');
        clock.advance(REAUTH_INTERVAL_MS);
        await deny(record);
        return ['runs', 'record'].filter((key) => cache.partitions.get(viewerOf('ada').id, key));
      };

      it('evicts everything where that is final: the list may be denied by now, too, and nobody asks for it', async () => {
        expect(await deniedAgain({ ...final('record'), endpoint: 'run' })).toEqual([]);
      });

      it('evicts it alone where that is live', async () => {
        expect(await deniedAgain({ ...live('record'), endpoint: 'run' })).toEqual(['runs']);
      });
    });

    it('evicts everything once more where the workflow was allowed in between, and for another viewer', async () => {
      const [theirs, mine] = [final('theirs', 'theirs'), final('mine', 'mine')];
      await deny(theirs);
      await fill(mine, 'v1');
      await fill(theirs, 'allowed');
      await deny(final('more of theirs', 'theirs'));
      expect(cache.cachedBytes).toBe(0);
      await fill(mine, 'of bob', 'bob');
      const outcome = gatewayErrorOf(get(theirs, 'bob'));
      theirs.underWay().fail(denied('FORBIDDEN'));
      expect((await outcome).code).toBe('FORBIDDEN');
      expect(cache.cachedBytes).toBe(0);
    });

    it('remembers the latest denials of as many workflows as take a megabyte', async () => {
      const [mine, first, last] = [final('mine', 'mine'), final('first', 'first'), final('last', 'last')];
      await deny(first);
      for (let count = 0; count < 10; count += 1) await deny(final('large', `${count}${'x'.repeat(60_000)}`));
      await deny(last);
      await fill(mine, 'v1');
      await deny(last);
      expect(await cachedValue(mine)).toBe('v1');
      await deny(first);
      expect(cache.cachedBytes).toBe(0);
    });

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

    it('keeps nobody waiting for a call to another workflow, and serves all once any call has renewed it', async () => {
      const [theirs, mine, later] = [final('a', 'theirs'), final('b', 'mine'), final('c', 'later')] as const;
      for (const run of [theirs, mine, later]) await fill(run, `old ${run.key}`);
      clock.advance(REAUTH_INTERVAL_MS);
      const hanging = gatewayErrorOf(get(theirs));
      const answer = get(mine);
      await settle();
      mine.underWay().answer('new b');
      expect((await answer).cached.value).toBe('new b');
      expect(await cachedValue(later)).toBe('old c');
      theirs.underWay().fail(denied('FORBIDDEN'));
      expect((await hanging).code).toBe('FORBIDDEN');
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

    it('makes one more call where that of a 404 or of a client that left proves nothing, and serves all others from the cache', async () => {
      const runs = Array.from({ length: 20 }, (_, index) => final(`r${index}`));
      for (const run of runs) await fill(run, `old ${run.key}`);
      clock.advance(REAUTH_INTERVAL_MS);
      const client = new AbortController();
      const [gone, left] = [live('gone'), live('left')];
      const failures = [gatewayErrorOf(get(gone)), rejectionOf(get(left, 'ada', client.signal))];
      const answers = Promise.all(runs.map((run) => get(run)));
      await settle();
      gone.underWay().fail(missing());
      client.abort();
      await Promise.all(failures);
      await settle();
      const [asked, ...others] = runs.filter(({ calls }) => calls.length === 2);
      expect(others).toEqual([]);
      asked?.underWay().answer('new');
      expect((await answers).map(({ cached }) => cached.value)).toEqual(
        runs.map((run) => (run === asked ? 'new' : `old ${run.key}`)),
      );
    });

    it('waits for three calls that prove nothing, and then makes one of its own', async () => {
      const runs = Array.from({ length: 7 }, (_, index) => final(`r${index}`));
      for (const run of runs) await fill(run, `old ${run.key}`);
      clock.advance(REAUTH_INTERVAL_MS);
      const outcomes = Promise.allSettled(runs.map((run) => get(run)));
      const waiting = new Set(runs);
      const asked = () => [...waiting].filter(({ calls }) => calls.length === 2);
      for (let turn = 1; turn <= 3; turn += 1) {
        await settle();
        expect(asked()).toHaveLength(1);
        for (const run of asked()) {
          run.underWay().fail(missing());
          waiting.delete(run);
        }
      }
      await settle();
      expect(asked()).toHaveLength(4);
      for (const run of asked()) run.underWay().answer('new');
      const isServed = ({ status }: PromiseSettledResult<unknown>) => status === 'fulfilled';
      expect((await outcomes).filter(isServed)).toHaveLength(4);
    });

    it('does not count it either where a value is cached in its place', async () => {
      const runs = await inDoubt();
      const gone = get({ ...runs[0], valueIfMissing: 'none' });
      const other = get(runs[1]);
      await settle();
      runs[0].underWay().fail(missing());
      expect((await gone).cached.value).toBe('none');
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

    it('waits for the latest of several calls that may renew it', async () => {
      const runs = await inDoubt();
      const renewing = get(runs[0]);
      const missed = live('missed');
      const answer = get(missed);
      runs[0].underWay().fail(outage());
      await renewing;
      const waiting = get(runs[1]);
      await settle();
      expect(runs[1].calls).toHaveLength(1);
      missed.underWay().answer('v1');
      await answer;
      expect((await waiting).cached.value).toBe('old b');
    });

    it('does not wait for a call from before the right was in doubt', async () => {
      const [run, slow] = [final(), live()];
      await fill(run, 'v1');
      clock.advance(REAUTH_INTERVAL_MS - 1);
      const answer = get(slow);
      clock.advance(1);
      expect((await fill(run, 'v2')).value).toBe('v2');
      slow.underWay().answer('v1');
      await answer;
    });

    it('has none for a viewer of whom no call has succeeded', () => {
      expect(cache.rightUntil(viewerOf('ada'))).toBe(0);
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

  describe('without a promise', () => {
    const getCached = (resource: ManualResource<string>, operation = operationOf('ada')) =>
      cache.getCached(resource, operation);

    it('serves what is fresh, for as long as it is', async () => {
      const run = live();
      expect(getCached(run)).toBeNull();
      const cached = await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS - 1);
      expect(getCached(run)).toEqual({ cached, staleReason: null });
      clock.advance(1);
      expect(getCached(run)).toBeNull();
    });

    it('serves nothing once the right must be renewed', async () => {
      const run = final();
      await fill(run, 'v1');
      clock.advance(REAUTH_INTERVAL_MS - 1);
      expect(getCached(run)?.cached.value).toBe('v1');
      clock.advance(1);
      expect(getCached(run)).toBeNull();
    });

    it('serves only what is final to an operation that knows of something newer', async () => {
      const [run, over] = [live(), final()];
      await fill(run, 'v1');
      await fill(over, 'v1');
      const operation = { ...operationOf('ada'), skipsLive: true };
      expect(getCached(run, operation)).toBeNull();
      expect(getCached(over, operation)?.cached.value).toBe('v1');
    });
  });

  describe('for an operation that knows of something newer', () => {
    const getNewer = (resource: ManualResource<string>) =>
      cache.get(resource, { ...operationOf('ada'), skipsLive: true });

    it('fetches what is live, however fresh it is', async () => {
      const run = live();
      await fill(run, 'v1');
      const answer = getNewer(run);
      run.underWay().answer('v2');
      expect((await answer).cached.value).toBe('v2');
    });

    it('serves what is final', async () => {
      const run = final();
      await fill(run, 'v1');
      expect((await getNewer(run)).cached.value).toBe('v1');
      expect(run.calls).toHaveLength(1);
    });

    it('makes a call in spite of a failure just now, which an answer ends for all', async () => {
      const run = createManualResource<string>('run', () => 100);
      await fill(run, 'v1');
      clock.advance(100);
      const stale = get(run);
      run.underWay().fail(outage());
      expect((await stale).staleReason).not.toBeNull();
      const newer = getNewer(run);
      run.underWay().answer('v2');
      expect((await newer).staleReason).toBeNull();
      clock.advance(100);
      expect((await fill(run, 'v3')).value).toBe('v3');
    });
  });

  describe('tells the operation', () => {
    const recorded = (key = 'ada') => {
      const operationRecord = { hasCached: false, hasFetched: false, hasStale: false } as OperationRecord;
      return { ...operationOf(key), operationRecord };
    };
    type Recorded = ReturnType<typeof recorded>;
    const toldOf = ({ lifetime, operationRecord }: Recorded) => ({
      untilMs: lifetime.untilMs,
      outcome: cacheOutcomeOf(operationRecord),
    });

    it('that its data was fetched, or held, and until when it is fresh', async () => {
      const run = live();
      const [first, second, third] = [recorded(), recorded(), recorded()];
      const answer = cache.get(run, first);
      clock.advance(500);
      run.underWay().answer('v1');
      await answer;
      const untilMs = clock.now() + LIVE_TTL_MS;
      clock.advance(100);
      await cache.get(run, second);
      cache.getCached(run, third);
      expect([first, second, third].map(toldOf)).toEqual([
        { untilMs, outcome: 'fetched' },
        { untilMs, outcome: 'held' },
        { untilMs, outcome: 'held' },
      ]);
    });

    it('that its data is stale, and may not be kept', async () => {
      const run = live();
      await fill(run, 'v1');
      clock.advance(LIVE_TTL_MS);
      const operation = recorded();
      const answer = cache.get(run, operation);
      run.underWay().fail(outage());
      await answer;
      expect(toldOf(operation)).toEqual({ untilMs: 0, outcome: 'stale' });
    });

    it('that a call was made for it, also where that failed', async () => {
      const run = live();
      const operation = recorded();
      const outcome = gatewayErrorOf(cache.get(run, operation));
      run.underWay().fail(missing());
      await outcome;
      expect(operation.operationRecord).toEqual({ hasCached: false, hasFetched: true, hasStale: false });
    });
  });

  describe('of what came inside a list', () => {
    const [list, part] = [live('list'), live('part')];
    const offer = (value: string, sentAt = clock.now()) => {
      cache.offer(viewerOf('ada'), part, { value, sentAt, fetchedAt: clock.now(), sizeBytes: 50 }, list);
    };
    const partNow = () => cache.peek(viewerOf('ada'), part)?.value;

    it('caches it beside the list', async () => {
      await fill(list, 'list');
      offer('v1');
      expect(await cachedValue(part)).toBe('v1');
    });

    it('caches nothing of a list that is not cached, or no more', async () => {
      offer('v1');
      expect(partNow()).toBeUndefined();
      await fill(list, 'list');
      offer('v1', clock.now() - 1);
      expect(partNow()).toBeUndefined();
    });

    it('keeps what is as new or newer', async () => {
      const answer = get(list);
      await fill(part, 'own');
      list.underWay().answer('list');
      await answer;
      offer('v1');
      expect(partNow()).toBe('own');
      clock.advance(LIVE_TTL_MS);
      await fill(list, 'list again');
      offer('v2');
      expect(partNow()).toBe('v2');
    });

    it('ends a failure of it', async () => {
      await fill(list, 'list');
      const gone = gatewayErrorOf(get(part));
      part.underWay().fail(missing());
      await gone;
      offer('v1');
      cache.partitions.remove(viewerOf('ada').id, part.key);
      expect((await fill(part, 'v2')).value).toBe('v2');
    });
  });

  describe('beside the answers of other gateways', () => {
    /** The latest load from them, which the test ends by what it returns. */
    let request: SharedRequest<unknown>;
    let load: (request: SharedRequest<unknown>) => Promise<Loaded<unknown>>;
    const withdrawn = jest.fn();

    beforeEach(() => {
      withdrawn.mockClear();
      load = (each) => each.call();
      cache = createCache({
        shared: {
          load<T>(each: SharedRequest<T>) {
            request = each;
            return load(each) as Promise<Loaded<T>>;
          },
          withdraw: ({ id }, hadRight) => void withdrawn(id, hadRight),
          close: () => Promise.resolve(),
        },
      });
    });

    const storedAnswer = (fields: Partial<StoredAnswer> = {}): StoredAnswer => ({
      epoch: 'epoch',
      sentAt: clock.now(),
      fetchedAt: clock.now(),
      uncertaintyMs: 5,
      isFinal: false,
      bytes: Buffer.from('theirs'),
      ...fields,
    });

    /** Reads what is stored, and is live for as long as any other. */
    const stored = (fields: Partial<Resource<string>> = {}): Resource<string> => ({
      key: 'run',
      endpoint: 'run',
      workflowId: 'wf',
      lifetimeMs: () => LIVE_TTL_MS,
      fetch: ({ stored }) => Promise.resolve({ value: stored?.toString() ?? 'called', sizeBytes: 100 }),
      ...fields,
    });

    /** As the shared tier does it: a proven right, then an answer, else a call. */
    const finding =
      (answer: StoredAnswer, provenAt = clock.now()) =>
      async (each: SharedRequest<unknown>): Promise<Loaded<unknown>> => {
        each.proveRight(provenAt);
        const cached = await each.accept(answer);
        return cached ? { cached, isProof: true, wasCalled: false } : each.call();
      };

    it('serves and caches theirs, and counts it as no call', async () => {
      load = finding(storedAnswer());
      const operationRecord = { hasCached: false, hasFetched: false, hasStale: false } as OperationRecord;
      const { cached } = await cache.get(stored(), { ...operationOf('ada'), operationRecord });
      const { sentAt, fetchedAt } = storedAnswer();
      expect(cached).toEqual({ value: 'theirs', sizeBytes: 100, sentAt, fetchedAt, uncertaintyMs: 5 });
      expect(operationRecord).toEqual({ hasCached: true, hasFetched: false, hasStale: false });
      expect(cache.peek(viewerOf('ada'), stored())).toBe(cached);
    });

    it('serves theirs where it is from the future by no more than the clocks are in doubt', async () => {
      load = finding(storedAnswer({ sentAt: clock.now() + 5, fetchedAt: clock.now() + 5 }));
      expect((await cache.get(stored(), operationOf('ada'))).cached.value).toBe('theirs');
    });

    it('takes theirs for final as long as it is cached, where the resource believes that', async () => {
      load = finding(storedAnswer({ isFinal: true }));
      const believing = stored({ lifetimeMs: ({ isFinal }) => (isFinal ? Infinity : LIVE_TTL_MS) });
      await cache.get(believing, operationOf('ada'));
      clock.advance(REAUTH_INTERVAL_MS - 1);
      expect(cache.getCached(believing, operationOf('ada'))?.cached.isFinal).toBe(true);
      expect(cache.getCached(stored(), operationOf('ada'))).toBeNull();
    });

    it("serves the resource's value for a missing one", async () => {
      load = finding(storedAnswer({ bytes: null }));
      expect((await cache.get(stored({ valueIfMissing: 'none' }), operationOf('ada'))).cached).toMatchObject({
        value: 'none',
        sizeBytes: 0,
      });
    });

    /** Fails to read what is stored; a call would succeed. */
    const unreadable = (error: Error) =>
      stored({
        fetch: ({ stored }) => (stored ? Promise.reject(error) : Promise.resolve({ value: 'called', sizeBytes: 100 })),
      });
    const otherVersion = unreadable(new GatewayError('UPSTREAM_CONTRACT_VIOLATION', 'of another version'));
    it.each([
      ['is over', stored(), () => storedAnswer({ fetchedAt: clock.now() - LIVE_TTL_MS })],
      ['was fetched in the future', stored(), () => storedAnswer({ fetchedAt: clock.now() + 6 })],
      ['was sent for in the future', stored(), () => storedAnswer({ sentAt: clock.now() + 6 })],
      ['is final, but from the future', stored(), () => storedAnswer({ fetchedAt: clock.now() + 6, isFinal: true })],
      ['can not be read', otherVersion, () => storedAnswer()],
      ['says that there is nothing, which is an error', stored(), () => storedAnswer({ bytes: null })],
    ])('makes a call where theirs %s', async (_, resource, answer) => {
      load = finding(answer());
      expect((await cache.get(resource, operationOf('ada'))).cached.value).toBe('called');
    });

    it('makes a call where no right is proven', async () => {
      load = finding(storedAnswer(), clock.now() - REAUTH_INTERVAL_MS);
      expect((await cache.get(stored(), operationOf('ada'))).cached.value).toBe('called');
    });

    it.each([
      ['of another scope', missing()],
      ['that a defect keeps from being read', new TypeError('no function')],
    ])('fails for an answer %s', async (_, error) => {
      load = finding(storedAnswer());
      expect(await rejectionOf(cache.get(unreadable(error), operationOf('ada')))).toBe(error);
    });

    it('trusts no proof from the future', async () => {
      load = finding(storedAnswer(), clock.now() + 10_000);
      await cache.get(stored(), operationOf('ada'));
      expect(cache.rightUntil(viewerOf('ada'))).toBe(clock.now() + REAUTH_INTERVAL_MS);
      expect(request.provenSince()).toBe(clock.now());
    });

    it('keeps its own answer where that is surely newer, and fresh', async () => {
      const own = await cache.get(stored(), operationOf('ada'));
      const accepted = async (fields: Partial<StoredAnswer>) => (await request.accept(storedAnswer(fields)))?.value;
      const isOwn = async (sentAt: number) => (await accepted({ sentAt })) === own.cached.value;
      expect(await isOwn(clock.now() - 6)).toBe(true);
      expect(await isOwn(clock.now() - 5)).toBe(false);
    });

    it('takes theirs where its own is over', async () => {
      await cache.get(stored(), operationOf('ada'));
      const sentAt = clock.now() - 6;
      clock.advance(LIVE_TTL_MS);
      expect((await request.accept(storedAnswer({ sentAt })))?.value).toBe('theirs');
    });

    it('offers what it holds by now, as long as that is fresh and the right is proven', async () => {
      load = (each) => {
        expect(each.current()).toBeNull();
        return each.call();
      };
      const { cached } = await cache.get(stored({ lifetimeMs: () => 2 * REAUTH_INTERVAL_MS }), operationOf('ada'));
      expect(request.current()).toEqual({ cached, isProof: true, wasCalled: false });
      clock.advance(REAUTH_INTERVAL_MS);
      expect(request.current()).toBeNull();
      await cache.get(stored(), operationOf('ada'));
      expect(request.current()).not.toBeNull();
      clock.advance(LIVE_TTL_MS);
      expect(request.current()).toBeNull();
    });

    it('offers nothing older than what the operation knows of', async () => {
      await cache.get(stored(), operationOf('ada'));
      load = (each) => {
        expect(each.current()).toBeNull();
        return each.call();
      };
      await cache.get(stored(), { ...operationOf('ada'), skipsLive: true });
      expect(request.current()).not.toBeNull();
    });

    describe.each([
      ['its own', 0],
      ['of another gateway', 5],
    ])('to an operation that knows of something newer than what is cached, %s', (_, uncertaintyMs) => {
      /** What is served, where gateways share an answer to a request that was sent so much later. */
      async function servedAfter(laterMs: number, skipsShared: boolean): Promise<string> {
        clock.advance(LIVE_TTL_MS);
        const sentAt = clock.now();
        if (uncertaintyMs > 0) load = finding(storedAnswer({ uncertaintyMs }));
        await cache.get(stored(), operationOf('ada'));
        clock.advance(100);
        load = finding(storedAnswer({ sentAt: sentAt + laterMs }));
        return (await cache.get(stored(), { ...operationOf('ada'), skipsLive: true, skipsShared })).cached.value;
      }

      it('serves what gateways share, be it no newer', async () => {
        expect(await servedAfter(0, false)).toBe('theirs');
      });

      it('serves that only where it is surely newer, if it must be', async () => {
        expect(await servedAfter(uncertaintyMs, true)).toBe('called');
        expect(await servedAfter(uncertaintyMs + 1, true)).toBe('theirs');
      });
    });

    it('keeps nothing from before a withdrawal, and what comes after it', async () => {
      const other = stored({ key: 'other' });
      await cache.get(other, operationOf('ada'));
      load = (each) => {
        each.drop();
        expect(each.provenSince()).toBeNull();
        return each.call();
      };
      await cache.get(stored(), operationOf('ada'));
      expect(cache.peek(viewerOf('ada'), other)).toBeUndefined();
      expect(cache.peek(viewerOf('ada'), stored())?.value).toBe('called');
    });

    it.each([true, false])(
      'tells them that the right is withdrawn, and whether there was one: %s',
      async (hadRight) => {
        if (hadRight) await cache.get(stored({ key: 'other' }), operationOf('ada'));
        await rejectionOf(cache.get(stored({ fetch: () => Promise.reject(denied()) }), operationOf('ada')));
        expect(withdrawn.mock.calls).toEqual([[viewerOf('ada').id, hadRight]]);
      },
    );

    it.each([
      ['as long as it lives', {}, LIVE_TTL_MS],
      ['longer, where others may want it', { sharedMs: 60_000 }, 60_000],
      ['for good, where it is final', { lifetimeMs: () => Infinity }, Infinity],
    ])('shares an answer %s', async (_, fields, expected) => {
      const { cached } = await cache.get(stored(fields), operationOf('ada'));
      expect(request.sharedMs(cached)).toBe(expected);
    });

    it('waits for the call under way that its lifetime depends on', async () => {
      const related = live('related');
      const relating = get(related);
      await cache.get(stored({ related: 'related' }), operationOf('ada'));
      const landing = request.related();
      related.underWay().answer('v1');
      await relating;
      expect(await landing).toBeUndefined();
      expect(landing).not.toBeNull();
      await cache.get(stored({ key: 'alone' }), operationOf('ada'));
      expect(request.related()).toBeNull();
    });

    it('proves no right by a 404', async () => {
      load = async (each) => {
        const called: Called<unknown> = await each.call();
        expect(called).toMatchObject({ isProof: false, body: null });
        return called;
      };
      const run = { ...live(), valueIfMissing: 'none' };
      const answer = get(run);
      run.underWay().fail(missing());
      expect((await answer).cached.value).toBe('none');
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
