import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRecord, StepFacts, WorkflowGraph } from '../../src/domain/types.ts';
import type { Cached } from '../../src/runs/cache-partitions.ts';
import type { Resource } from '../../src/runs/resource.ts';
import type { RunParts, RunStore } from '../../src/runs/run-store.ts';
import type { SharedRequest } from '../../src/runs/shared/shared-request.ts';
import { cachedBytes, type UpstreamAnswer } from '../../src/upstream/client.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { HoldingCache } from '../support/cache.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { EPOCH_MS, graphOf, listed, ran, runRecord, workflowRecord } from '../support/facts.ts';
import { createManualResource, operationOf, viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { createRunParts, scriptedApi, type RunPartsOptions } from '../support/run-parts.ts';

const LIVE_TTL_MS = 5000;
const SETTLE_MS = 30_000;
const REAUTH_INTERVAL_MS = 300_000;
const REF = { workflowId: 'wf', runId: 'r1' };

const STEPS = listed([ran('a', 0, 4), ran('b', 4, 10)]);
const running = () => runRecord({ id: 'r1', rawStatus: 'running', endTime: null });
const outage = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');

describe('the run store', () => {
  let clock: ManualClock;
  let cache: HoldingCache;
  let store: RunStore;
  let calls: string[];
  let record: RunRecord | null;
  let steps: readonly StepFacts[];
  let denial: GatewayError | null;
  let list: readonly RunRecord[];

  const answerOf = <T>(name: string, value: T): Promise<UpstreamAnswer<T>> => {
    calls.push(name);
    return Promise.resolve({ value, sizeBytes: 100 });
  };
  const api = scriptedApi({
    getRun: () => (record ? answerOf('record', record) : Promise.reject(new GatewayError('NOT_FOUND', 'no such run'))),
    listSteps: () => (denial ? Promise.reject(denial) : answerOf('steps', [...steps])),
    listWorkflows: () => answerOf('workflows', [workflowRecord({ id: 'wf', graph: graphOf('a>b') })]),
  });

  function create(options: RunPartsOptions = {}) {
    const parts = createRunParts(api, clock, { liveTtlMs: LIVE_TTL_MS, ...options });
    ({ cache, store } = parts);
    return parts;
  }

  const operation = () => operationOf('ada');

  beforeEach(() => {
    // Just after the end of the run: nothing of it has settled.
    clock = createManualClock(EPOCH_MS + 10_000);
    calls = [];
    record = runRecord({ id: 'r1' });
    steps = STEPS;
    list = [];
    denial = null;
    create();
  });

  describe('believes that there is no record', () => {
    const isAskedAgainAfter = async (ms: number) => {
      record = null;
      // What proves the right.
      await store.steps(REF, operation());
      await store.record(REF, operation());
      record = running();
      clock.advance(ms);
      await store.record(REF, operation());
      return calls.includes('record');
    };

    it('for a second', async () => {
      expect(await isAskedAgainAfter(999)).toBe(false);
      expect(await isAskedAgainAfter(1)).toBe(true);
    });

    it('for LIVE_TTL_MS, where that is shorter', async () => {
      create({ liveTtlMs: 500 });
      expect(await isAskedAgainAfter(500)).toBe(true);
    });
  });

  describe('without a promise', () => {
    it('has what is fresh', async () => {
      expect([store.cachedRecord(REF, operation()), store.cachedSteps(REF, operation())]).toEqual([
        undefined,
        undefined,
      ]);
      const served = [await store.record(REF, operation()), await store.steps(REF, operation())];
      expect([store.cachedRecord(REF, operation()), store.cachedSteps(REF, operation())]).toEqual(served);
    });

    it('has no record where the upstream offers none', () => {
      create({ offersRecords: false });
      expect(store.cachedRecord(REF, operation())).toBeNull();
    });
  });

  it('takes steps for final that have reached the end of the graph, as soon as the graph is known', async () => {
    const { workflowStore } = create({ offersRecords: false });
    const isAskedAgain = async () => {
      const before = calls.length;
      clock.advance(LIVE_TTL_MS);
      await store.steps(REF, operation());
      return calls.length > before;
    };
    await store.steps(REF, operation());
    expect(await isAskedAgain()).toBe(true);
    await workflowStore.recent(operation());
    expect(await isAskedAgain()).toBe(false);
  });

  describe('answers a run for final whose steps have reached the end of the graph', () => {
    const isFinal = async () => {
      const parts = {
        record: await store.record(REF, operation()),
        steps: await store.steps(REF, operation()),
        stepsError: null,
        graph: undefined,
      };
      return store.derive(REF, parts, clock.now()).freshness.isFinal;
    };

    it('also to whoever does not read the graph, as soon as it is known', async () => {
      const { workflowStore } = create({ offersRecords: false });
      expect(await isFinal()).toBe(false);
      await workflowStore.recent(operation());
      expect(await isFinal()).toBe(true);
      clock.advance(LIVE_TTL_MS);
      expect(await isFinal()).toBe(true);
      expect(calls).toEqual(['steps', 'workflows']);
    });

    it('where it has no record either, when none has come for so long as a run takes to settle', async () => {
      record = null;
      await create().workflowStore.recent(operation());
      await store.steps(REF, operation());
      expect(await isFinal()).toBe(false);
      clock.advance(SETTLE_MS);
      expect(await isFinal()).toBe(true);
      const asked = operation();
      await store.record(REF, asked);
      expect(asked.lifetime.untilMs).toBe(Infinity);
    });
  });

  describe('asks the record whether steps are final, where it was evicted before them', () => {
    const load = async () => Promise.all([store.record(REF, operation()), store.steps(REF, operation())]);
    const loadAfterEviction = async () => {
      clock.advance(SETTLE_MS);
      await load();
      cache.partitions.remove(viewerOf('ada').id, 'record wf\nr1');
      clock.advance(LIVE_TTL_MS);
      calls.splice(0);
      return load();
    };

    it('and reads those of a run that pauses again', async () => {
      record = running();
      const [, { cached }] = await loadAfterEviction();
      expect([calls, cached.fetchedAt]).toEqual([['record', 'steps'], clock.now()]);
    });

    it('and those of a run that is over not', async () => {
      await loadAfterEviction();
      expect(calls).toEqual(['record']);
    });
  });

  it.each([
    [true, LIVE_TTL_MS],
    [false, Infinity],
  ])('shares settled steps for good only if no record may say otherwise: %s', async (offersRecords, expected) => {
    const sharedMs = new Map<string, () => number>();
    create({
      offersRecords,
      shared: {
        async load<T>(request: SharedRequest<T>) {
          const called = await request.call();
          sharedMs.set(request.key.split(' ')[0] ?? '', () => request.sharedMs(called.cached));
          return called;
        },
        withdraw: () => undefined,
        close: () => Promise.resolve(),
      },
    });
    clock.advance(86_400_000 + SETTLE_MS);
    await store.steps(REF, operation());
    expect(sharedMs.get('steps')?.()).toBe(expected);
    await store.record(REF, operation());
    expect(sharedMs.get('steps')?.()).toBe(Infinity);
  });

  describe('given a record that came in a list', () => {
    const resource: Resource<readonly RunRecord[]> = {
      key: 'runs',
      endpoint: 'runs',
      workflowId: 'wf',
      fetch: () => answerOf('runs', list),
      lifetimeMs: () => LIVE_TTL_MS,
    };

    /** The upstream lists it beside two others. */
    async function offer(listed: RunRecord, staleReason: string | null = null) {
      list = [listed, runRecord({ id: 'r2' }), runRecord({ id: 'r3' })];
      const { cached } = await cache.get(resource, operation());
      return store.offerRecord(REF, listed, { resource, cached, staleReason }, viewerOf('ada'));
    }

    it('serves it without a call, and holds it for the bytes of its own text', async () => {
      const { payload, ...record } = running();
      await offer({ ...record, payload: { ...payload, heldBytes: 40_000 } });
      const served = await store.record(REF, operation());
      expect(served).toMatchObject({ cached: { value: list[0] }, staleReason: null });
      expect(served?.cached.sizeBytes).toBe(cachedBytes(40_000, {}));
      expect(calls).toEqual(['runs']);
    });

    it('serves it also where the upstream offers no records', async () => {
      create({ offersRecords: false });
      expect(await store.record(REF, operation())).toBeNull();
      await offer(running());
      expect(await store.record(REF, operation())).toMatchObject({ cached: { value: list[0] }, staleReason: null });
    });

    describe('where the upstream offers no records', () => {
      beforeEach(() => {
        create({ offersRecords: false });
      });

      it('serves it for as long as it is fresh, and without end if it is final', async () => {
        await offer(running());
        clock.advance(LIVE_TTL_MS - 1);
        const asked = operation();
        expect((await store.record(REF, asked))?.cached.value).toBe(list[0]);
        expect(asked.lifetime.untilMs).toBe(clock.now() + 1);
        clock.advance(1);
        expect([await store.record(REF, operation()), store.cachedRecord(REF, operation())]).toEqual([null, null]);
        await offer(runRecord({ id: 'r1' }));
        clock.advance(SETTLE_MS);
        const later = operation();
        expect(store.cachedRecord(REF, later)?.cached.value).toBe(list[0]);
        expect(later.lifetime.untilMs).toBe(Infinity);
      });

      it('serves it once the right to it is proven by the call for the steps', async () => {
        await offer(runRecord({ id: 'r1' }));
        clock.advance(REAUTH_INTERVAL_MS);
        calls.splice(0);
        expect(store.cachedRecord(REF, operation())).toBeUndefined();
        expect((await store.record(REF, operation()))?.cached.value).toBe(list[0]);
        expect(calls).toEqual(['steps']);
        clock.advance(REAUTH_INTERVAL_MS);
        denial = new GatewayError('UNAUTHENTICATED', 'no');
        expect(await rejectionOf(Promise.resolve(store.record(REF, operation())))).toBe(denial);
        expect(await store.record(REF, operation())).toBeNull();
      });

      it('serves it as stale where that call fails and the steps are', async () => {
        await offer(runRecord({ id: 'r1' }));
        await store.steps(REF, operation());
        clock.advance(REAUTH_INTERVAL_MS);
        denial = outage;
        expect(await store.record(REF, operation())).toMatchObject({
          cached: { value: list[0] },
          staleReason: 'UPSTREAM_UNAVAILABLE: down',
        });
      });

      it('lets the steps settle beside one that is too old to tell', async () => {
        await offer(running());
        await store.steps(REF, operation());
        clock.advance(SETTLE_MS);
        await store.steps(REF, operation());
        const asked = operation();
        await store.steps(REF, asked);
        expect(asked.lifetime.untilMs).toBe(Infinity);
      });
    });

    it('replaces one that was under way, and none that is final', async () => {
      record = running();
      await store.record(REF, operation());
      clock.advance(1);
      await offer(runRecord({ id: 'r1' }));
      const final = await store.record(REF, operation());
      expect(final?.cached.value).toBe(list[0]);
      clock.advance(LIVE_TTL_MS);
      await offer(runRecord({ id: 'r1' }));
      expect(await store.record(REF, operation())).toEqual(final);
    });

    it('returns what is known of the run: the newer of both, and the final one in any case', async () => {
      expect(await offer(running(), 'down')).toMatchObject({ cached: { value: list[0] }, staleReason: 'down' });
      clock.advance(LIVE_TTL_MS);
      record = running();
      const own = await store.record(REF, operation());
      const sentAt = clock.now();
      const offerSent = (sentAt: number, staleReason: string | null) => {
        const cached = { ...own?.cached, sentAt, value: [running()] } as Cached<readonly RunRecord[]>;
        return store.offerRecord(REF, running(), { resource, cached, staleReason }, viewerOf('ada'));
      };
      expect(offerSent(sentAt - 1, 'down')).toEqual({ cached: own?.cached, staleReason: 'down' });
      expect(offerSent(sentAt, null)).toEqual({ cached: own?.cached, staleReason: null });
      clock.advance(1);
      expect((await offer(runRecord({ id: 'r1' }))).cached.value).toBe(list[0]);
      expect(offerSent(sentAt, 'down')).toMatchObject({
        cached: { value: { rawStatus: 'completed' } },
        staleReason: null,
      });
    });

    it('returns it where a newer one was there earlier than the list, which says how long the answer lives', async () => {
      record = running();
      const own = await store.record(REF, operation());
      const slow = { ...own?.cached, sentAt: clock.now() - 9, fetchedAt: clock.now() + 9 };
      const cached = { ...slow, value: [running()] } as Cached<readonly RunRecord[]>;
      const offered = store.offerRecord(REF, running(), { resource, cached, staleReason: null }, viewerOf('ada'));
      expect(offered.cached).toMatchObject({ sentAt: slow.sentAt, fetchedAt: slow.fetchedAt });
    });

    it('returns it where it was asked for after the one that is known, and was there before', async () => {
      const slow = createManualResource<RunRecord | null>('record wf\nr1', () => LIVE_TTL_MS);
      const answer = cache.get(slow, operation());
      clock.advance(1);
      await cache.get(resource, operation());
      clock.advance(1);
      slow.underWay().answer(running());
      const known = (await answer).cached;
      expect(cache.peek(viewerOf('ada'), slow)).toBe(known);
      expect((await offer(running())).cached.value).toBe(list[0]);
    });

    it('returns it in place of the belief that there is none, be that as new', async () => {
      record = null;
      await store.steps(REF, operation());
      await store.record(REF, operation());
      expect((await offer(running())).cached.value).toBe(list[0]);
    });

    it('replaces the belief that there is none', async () => {
      record = null;
      await store.steps(REF, operation());
      await store.record(REF, operation());
      clock.advance(1);
      await offer(running());
      expect((await store.record(REF, operation()))?.cached.value).toBe(list[0]);
    });
  });

  describe('derives a run', () => {
    const cached = <T>(value: T, fetchedAt = clock.now()): Cached<T> => ({
      value,
      sentAt: fetchedAt,
      fetchedAt,
      sizeBytes: 100,
    });
    const served = <T>(value: T, staleReason: string | null = null) => ({ cached: cached(value), staleReason });
    const partsOf = (parts: Partial<RunParts> = {}): RunParts => ({
      record: served(runRecord()),
      steps: served(STEPS),
      stepsError: null,
      graph: undefined,
      ...parts,
    });
    const derive = (parts: RunParts, nowMs = clock.now()) => store.derive(REF, parts, nowMs);

    it('once for all where the clock changes nothing', () => {
      const parts = partsOf();
      const run = derive(parts);
      expect(derive(parts, clock.now() + 1)).toBe(run);
      const recordAlone = partsOf({ steps: null });
      expect(derive(recordAlone, clock.now() + 1)).toBe(derive(recordAlone));
    });

    it('anew where a step is still to start', () => {
      const parts = partsOf({ steps: served(listed([ran('a', 3600, null, 'running')])) });
      expect(derive(parts, clock.now() + 1)).not.toBe(derive(parts));
    });

    it('anew beside another record, or none', () => {
      const parts = partsOf();
      const run = derive(parts);
      const ended = derive({ ...parts, record: served(runRecord({ rawStatus: 'failed' })) });
      expect([run.status, ended.status, derive({ ...parts, record: null }).statusIsInferred]).toEqual([
        'COMPLETED',
        'FAILED',
        true,
      ]);
    });

    it('anew with another graph, and not where none is read', () => {
      const graph: WorkflowGraph = graphOf('a>b');
      const parts = partsOf({ graph });
      const run = derive(parts);
      expect(derive({ ...parts, graph: undefined })).toBe(run);
      expect(derive(parts)).toBe(run);
      const other = derive({ ...parts, graph: null });
      expect([run.criticalPath.isInferred, other.criticalPath.isInferred]).toEqual([false, true]);
      const without = partsOf();
      expect(derive(without)).not.toBe(derive({ ...without, graph }));
    });

    it('anew where a part has become stale, and keeps nothing of that', () => {
      const parts = partsOf();
      const { steps: fresh } = parts;
      const run = derive(parts);
      const stale = { ...parts, steps: fresh && { ...fresh, staleReason: 'down' } };
      expect(derive(stale).freshness).toMatchObject({ isStale: true, staleReason: 'down' });
      expect(derive(parts)).toBe(run);
    });

    it('that was fetched with the oldest of its parts', () => {
      const record = { cached: cached(runRecord(), EPOCH_MS + 20_000), staleReason: null };
      const steps = { cached: cached(STEPS, EPOCH_MS + 30_000), staleReason: null };
      const fetchedAt = (parts: Partial<RunParts>) => derive(partsOf(parts), EPOCH_MS + 90_000).freshness.fetchedAt;
      expect(fetchedAt({ record, steps }).epochMicros).toBe((EPOCH_MS + 20_000) * 1000);
      expect(fetchedAt({ record: null, steps }).epochMicros).toBe((EPOCH_MS + 30_000) * 1000);
    });

    it.each<readonly [string, boolean, () => Partial<RunParts>]>([
      [
        'is not final, by its record alone, while it is under way',
        false,
        () => ({ record: served(running()), steps: null }),
      ],
      ['is final by its record alone', true, () => ({ steps: null })],
      ['is not final by steps that were requested before its record had come', false, () => ({})],
      [
        'is final by steps that another gateway has found final',
        true,
        () => ({ steps: { cached: { ...cached(STEPS), isFinal: true }, staleReason: null } }),
      ],
      ['is not final right at its end, where its steps fail', false, () => ({ steps: null, stepsError: outage })],
      ['is final by steps that reached the end of the graph', true, () => ({ record: null, graph: graphOf('a>b') })],
      ['is not final by steps before the end of the graph', false, () => ({ record: null, graph: graphOf('b>a>c') })],
      ['is not final where a record may still come', false, () => ({ record: served(null), graph: graphOf('a>b') })],
    ])('that %s', (_, isFinal, parts) => {
      expect(derive(partsOf(parts())).freshness.isFinal).toBe(isFinal);
    });

    it('of which nothing can be read where no part could be had', () => {
      const run = derive(partsOf({ record: null, steps: null, stepsError: outage }));
      expect(run.id).toBe('r1');
      expect(() => run.status).toThrow('down');
      expect(() => run.freshness).toThrow('down');
    });
  });
});
