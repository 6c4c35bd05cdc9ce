import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRecord } from '../../src/domain/types.ts';
import {
  createRunHistory,
  MAX_PAGE_CALLS,
  windowsOfEach,
  type OnFound,
  type RunHistory,
} from '../../src/runs/history/run-history.ts';
import type { ResourceCache } from '../../src/runs/resource-cache.ts';
import type { UpstreamApi } from '../../src/upstream/client.ts';
import { AbandonedError, GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { at, runRecord } from '../support/facts.ts';
import { operationOf } from '../support/operations.ts';
import { gatewayErrorOf } from '../support/rejection.ts';
import { createRunParts, scriptedApi, type RunPartsOf } from '../support/run-parts.ts';

const LIVE_TTL_MS = 1000;

/** Runs 1 to `count`, one a minute; the newest comes first, as from the upstream. */
const runs = (count: number, statusOf: (number: number) => string = () => 'completed'): RunRecord[] =>
  Array.from({ length: count }, (_, index) => {
    const number = count - index;
    return runRecord({ id: `run-${number}`, rawStatus: statusOf(number), startTime: at(number * 60) });
  });

const idsOf = (records: readonly RunRecord[]) => records.map(({ id }) => id);
const named = (...numbers: readonly number[]) => numbers.map((number) => `run-${number}`);
/** From one number down to another. */
const down = (from: number, to: number) => named(...Array.from({ length: from - to + 1 }, (_, index) => from - index));

describe('the history of a workflow', () => {
  let clock: ManualClock;
  let parts: RunPartsOf;
  let history: RunHistory;
  let listed: RunRecord[];
  let windows: string[];
  let isDown: boolean;
  let isPaged: boolean;
  let upstream: UpstreamApi;

  beforeEach(() => {
    clock = createManualClock();
    [windows, isDown, isPaged] = [[], false, true];
    upstream = scriptedApi({
      listRuns({ offset, limit }) {
        windows.push(`${offset} ${limit}`);
        if (isDown) return Promise.reject(new GatewayError('UPSTREAM_UNAVAILABLE', 'down'));
        const from = isPaged ? offset : 0;
        return Promise.resolve({ value: listed.slice(from, from + limit), sizeBytes: 100 });
      },
    });
    parts = createRunParts(upstream, clock, { liveTtlMs: LIVE_TTL_MS });
    history = createRunHistory({ upstream, cache: parts.cache, runStore: parts.store, liveTtlMs: LIVE_TTL_MS });
  });

  const operation = () => operationOf('ada');

  describe('page by page', () => {
    const page = async (request: Partial<Parameters<RunHistory['page']>[0]> = {}) => {
      const found = await history.page(
        { workflowId: 'wf', first: 2, after: null, filter: null, ...request },
        operation(),
      );
      return { ...found, ids: idsOf(found.entries.map(({ record }) => record)) };
    };
    const filter = { status: null, startedAfter: null, startedBefore: null };

    it('reads one run more than it is asked for, which tells whether there is a next page', async () => {
      listed = runs(3);
      const first = await page();
      expect([first.ids, first.hasNextPage, windows]).toEqual([named(3, 2), true, ['0 3']]);
      expect(first.end).toEqual(first.entries[1]?.position);
      const second = await page({ after: first.end });
      expect([second.ids, second.hasNextPage]).toEqual([named(1), false]);
      expect(second.end?.runId).toBe('run-1');
    });

    it('ends with a full page', async () => {
      listed = runs(2);
      expect(await page()).toMatchObject({ ids: named(2, 1), hasNextPage: false });
    });

    it('reads no more than the upstream gives at once', async () => {
      listed = runs(150);
      const { ids, hasNextPage } = await page({ first: 100 });
      expect([ids, hasNextPage, windows]).toEqual([down(150, 51), true, ['0 100']]);
    });

    it('is empty for a workflow that never ran', async () => {
      listed = [];
      expect(await page()).toMatchObject({ ids: [], hasNextPage: false, end: null });
    });

    it('reads the same page again when it is older than LIVE_TTL_MS', async () => {
      listed = runs(1);
      for (const ms of [0, LIVE_TTL_MS - 1, 1]) {
        clock.advance(ms);
        await page();
      }
      expect(windows).toHaveLength(2);
    });

    it('filters by status, and goes on behind what was found', async () => {
      listed = runs(250, (number) => (number % 100 === 0 ? 'failed' : 'completed'));
      const failed = { ...filter, status: ['FAILED'] as const };
      const first = await page({ first: 1, filter: failed });
      expect([first.ids, first.hasNextPage, first.end?.runId]).toEqual([named(200), true, 'run-200']);
      const second = await page({ first: 2, filter: failed, after: first.end });
      expect([second.ids, second.hasNextPage]).toEqual([named(100), false]);
    });

    it('scans no more windows than allowed, and goes on behind what was scanned', async () => {
      listed = runs(300);
      const none = { ...filter, status: ['FAILED'] as const };
      const first = await page({ filter: none, maxWindows: 2 });
      expect([first.ids, first.hasNextPage, windows]).toEqual([[], true, ['0 100', '99 100']]);
      expect(first.end?.runId).toBe('run-102');
    });

    it('scans 500 runs, where nothing else is allowed', async () => {
      listed = runs(1000);
      const { end } = await page({ filter: { ...filter, status: ['FAILED'] } });
      expect([windows.length, end?.offset]).toEqual([MAX_PAGE_CALLS, 594]);
    });

    it('ends with the first run that started before the moment asked for', async () => {
      listed = runs(200);
      const { ids, hasNextPage, end } = await page({ first: 10, filter: { ...filter, startedAfter: at(199 * 60) } });
      expect([ids, hasNextPage, end?.runId, windows]).toEqual([named(200, 199), false, 'run-198', ['0 100']]);
    });

    it('leaves out what started later, or not at all', async () => {
      listed = [runRecord({ id: 'queued', startTime: null }), ...runs(4)];
      expect((await page({ first: 9, filter: { ...filter, startedBefore: at(3 * 60) } })).ids).toEqual(named(2, 1));
      expect((await page({ first: 9, filter: { ...filter, startedAfter: at(3 * 60) } })).ids).toEqual(named(4, 3));
    });

    it('skips a record without an id, and goes on behind the last one that has one', async () => {
      listed = runs(4).map((run, index) => (index % 2 === 1 ? { ...run, id: '' } : run));
      const first = await page({ first: 1 });
      expect([first.ids, first.end?.runId]).toEqual([named(4), 'run-4']);
      const second = await page({ first: 1, after: first.end });
      expect([second.ids, second.hasNextPage]).toEqual([named(2), true]);
      const third = await page({ first: 1, after: second.end });
      expect([third.ids, third.hasNextPage]).toEqual([[], false]);
      expect(third.end).toMatchObject({ runId: '', offset: 3 });
      expect((await page({ first: 9 })).end?.runId).toBe('run-2');
    });

    it('caches the records of each page', async () => {
      listed = runs(1);
      await page();
      const served = await parts.store.record({ workflowId: 'wf', runId: 'run-1' }, operation());
      expect(served?.cached.value).toBe(listed[0]);
    });
  });

  it('reads as many of the latest as are wanted, by a hundred at a time', async () => {
    listed = runs(250);
    expect(idsOf(await history.latest('wf', 150, operation()))).toEqual(down(250, 101));
    expect(windows).toEqual(['0 100', '99 51']);
    windows = [];
    expect(idsOf(await history.latest('wf', 20, operation()))).toEqual(down(250, 231));
    expect(windows).toEqual(['0 20']);
    expect(await history.latest('wf', 500, operation())).toHaveLength(250);
  });

  describe('from cached windows of different ages', () => {
    let reads: number;

    /** The first two hundred are cached, the second hundred of them for longer; then two runs start. */
    async function beginWithOldWindow(): Promise<void> {
      reads = 0;
      const get: ResourceCache['get'] = (resource, operation) => {
        reads += 1;
        if (reads > 100) throw new Error('no end is in sight');
        return parts.cache.get(resource, operation);
      };
      history = createRunHistory({
        upstream,
        cache: { ...parts.cache, get },
        runStore: parts.store,
        liveTtlMs: LIVE_TTL_MS,
      });
      listed = runs(300);
      await history.latest('wf', 100, operation());
      clock.advance(LIVE_TTL_MS - 1);
      await history.latest('wf', 200, operation());
      clock.advance(1);
      listed = runs(302);
      [windows, reads] = [[], 0];
    }

    it('reads those anew that contradict one another', async () => {
      await beginWithOldWindow();
      expect(idsOf(await history.latest('wf', 200, operation()))).toEqual(down(302, 103));
      expect(windows).toEqual(['0 100', '99 100', '198 2']);
    });

    it('reads those anew that contradict one another further down', async () => {
      await beginWithOldWindow();
      listed = runs(305);
      const after = { runId: 'run-203', offset: 97, startMicros: at(203 * 60).epochMicros };
      const { entries } = await history.page({ workflowId: 'wf', first: 1, after, filter: null }, operation());
      expect(idsOf(entries.map(({ record }) => record))).toEqual(named(202));
      expect(windows).toEqual(['97 3', '0 100', '99 100']);
    });

    it('goes on with what it has where the upstream fails meanwhile', async () => {
      await beginWithOldWindow();
      await history.latest('wf', 100, operation());
      isDown = true;
      const records = await history.latest('wf', 199, operation());
      expect(new Set(idsOf(records)).size).toBe(199);
      expect(reads).toBeLessThan(10);
    });

    it('reads no further for a client that has left', async () => {
      await beginWithOldWindow();
      const leaving = new AbortController();
      const reading = history.latest('wf', 200, operationOf('ada', { signal: leaving.signal }));
      leaving.abort();
      await expect(reading).rejects.toThrow(AbandonedError);
      // The first window is cached, and so is the next.
      await history.latest('wf', 100, operation());
      reads = 0;
      const cached = history.latest('wf', 200, operationOf('ada', { signal: AbortSignal.abort() }));
      await expect(cached).rejects.toThrow(AbandonedError);
      expect(reads).toBe(1);
    });
  });

  it('reads one more of the latest for each record without an id', async () => {
    listed = runs(4).map((run, index) => (index === 0 ? { ...run, id: '' } : run));
    expect(idsOf(await history.latest('wf', 3, operation()))).toEqual(named(3, 2, 1));
  });

  it('tells of each run that it finds, with its record', async () => {
    listed = runs(5);
    const found: string[] = [];
    const onFound: OnFound = (ref, { cached }) => {
      expect(ref).toEqual({ workflowId: 'wf', runId: cached.value.id });
      found.push(cached.value.id);
    };
    await history.page({ workflowId: 'wf', first: 2, after: null, filter: null }, operation(), onFound);
    await history.latest('wf', 3, operation(), onFound);
    const window = { startedAfter: at(4 * 60), startedBefore: null };
    await history.within({ workflowId: 'wf', count: 9, window }, operation(), onFound);
    expect(found).toEqual([...named(5, 4), ...named(5, 4, 3), ...named(5, 4)]);
  });

  it('says so where the upstream does not page', async () => {
    listed = runs(300);
    isPaged = false;
    const { code, message } = await gatewayErrorOf(history.latest('wf', 200, operation()));
    expect(code).toBe('UPSTREAM_CONTRACT_VIOLATION');
    expect(message).toContain('the upstream does not page it by offset');
  });

  describe('within a stretch of time', () => {
    const within = async (count: number, from: number | null, to: number | null) => {
      const moment = (number: number | null) => (number === null ? null : at(number * 60));
      const window = { startedAfter: moment(from), startedBefore: moment(to) };
      const { records, isWhole } = await history.within({ workflowId: 'wf', count, window }, operation());
      return [idsOf(records), isWhole];
    };

    it('reads nothing older', async () => {
      listed = runs(150);
      expect(await within(500, 148, 150)).toEqual([named(149, 148), true]);
      expect(windows).toEqual(['0 100']);
    });

    it('is not whole where the latest of it do not reach its beginning', async () => {
      listed = runs(250);
      expect(await within(50, 20, null)).toEqual([down(250, 201), false]);
      expect(await within(50, null, 203)).toEqual([down(202, 153), false]);
      expect(await within(3, 20, 23)).toEqual([named(22, 21, 20), true]);
      expect(await within(2, 20, 23)).toEqual([named(22, 21), false]);
      expect(await within(200, null, 3)).toEqual([named(2, 1), true]);
    });

    it('passes over a thousand runs that started later or not at all, and no more', async () => {
      listed = [runRecord({ id: 'queued', startTime: null }), ...runs(1200)];
      expect(await within(3, null, 202)).toEqual([named(201, 200, 199), false]);
      expect(windows).toHaveLength(11);
      const { code, message } = await gatewayErrorOf(within(3, 100, 201));
      expect([code, message]).toEqual([
        'BAD_USER_INPUT',
        'startedBefore: expected at most 1000 runs that started later or not yet, got more',
      ]);
    });
  });

  describe('from its newest on', () => {
    it('reads what is wanted, then a hundred at a time until that is enough', async () => {
      listed = runs(300);
      const until = (id: string) =>
        history.newest('wf', 20, (records) => records.some((each) => each.id === id), operation());
      const once = await until('run-281');
      expect(once.records.map(({ cached }) => cached.value.id)).toEqual(down(300, 281));
      expect(windows).toEqual(['0 20']);
      const further = await until('run-200');
      expect(further.records.map(({ cached }) => cached.value.id)).toEqual(down(300, 182));
      expect(further.windows.map(({ value }) => value.length)).toEqual([20, 100]);
    });

    it.each([
      ['500 at most', 1000, 1000, 6],
      ['no more where there are just 500', 1000, 5, 6],
      ['all of them at most', 120, 1000, 2],
    ])('reads %s', async (_, count, wanted, calls) => {
      listed = runs(count);
      const { records } = await history.newest('wf', wanted, () => false, operation());
      expect(records.length).toBeGreaterThanOrEqual(Math.min(count, 500));
      expect(windows).toHaveLength(calls);
    });

    it('leaves out records without an id, and tells which are stale', async () => {
      listed = runs(3).map((run, index) => (index === 1 ? { ...run, id: '' } : run));
      await history.newest('wf', 20, () => true, operation());
      isDown = true;
      clock.advance(LIVE_TTL_MS);
      const { records, windows } = await history.newest('wf', 20, () => true, operation());
      expect(records.map(({ cached, staleReason }) => [cached.value.id, staleReason])).toEqual([
        ['run-3', 'UPSTREAM_UNAVAILABLE: down'],
        ['run-1', 'UPSTREAM_UNAVAILABLE: down'],
      ]);
      expect(records[0]?.cached.sentAt).toBe(windows[0]?.sentAt);
    });
  });

  it.each([
    [1, MAX_PAGE_CALLS],
    [20, 5],
    [33, 3],
    [100, 1],
    [1000, 1],
  ])('beside those of %i workflows in all is read by %i windows at most', (workflowCount, expected) => {
    expect(windowsOfEach(workflowCount)).toBe(expected);
  });
});
