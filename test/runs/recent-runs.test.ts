import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunRecord } from '../../src/domain/types.ts';
import {
  compareByPlace,
  createRecentRuns,
  type RecentPage,
  type RecentPageRequest,
  type RecentPosition,
  type RecentRuns,
} from '../../src/runs/history/recent-runs.ts';
import { createRunHistory } from '../../src/runs/history/run-history.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';
import { at, runRecord } from '../support/facts.ts';
import { operationOf, settle } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { createRunParts, scriptedApi } from '../support/run-parts.ts';

const outage = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');

describe('the runs of several workflows', () => {
  /** By workflow, newest first. */
  let histories: Map<string, RunRecord[]>;
  let failures: Map<string, Error>;
  let windows: string[];
  let recent: RecentRuns;

  /** Runs named by workflow and start, in seconds; null: not started. */
  const start = (workflowId: string, ...starts: readonly (number | null)[]) => {
    const earlier = histories.get(workflowId) ?? [];
    const records = starts.map((seconds, index) =>
      runRecord({
        id: `${workflowId}${seconds ?? '-'}.${earlier.length + starts.length - index}`,
        startTime: seconds === null ? null : at(seconds),
      }),
    );
    histories.set(workflowId, [...records, ...earlier]);
  };

  beforeEach(() => {
    histories = new Map();
    failures = new Map();
    windows = [];
    const clock = createManualClock();
    const upstream = scriptedApi({
      listRuns({ workflowId, offset, limit }) {
        windows.push(workflowId);
        const failure = failures.get(workflowId);
        // The first by id is the last to fail.
        if (failure) return (workflowId === 'a' ? settle() : Promise.resolve()).then(() => Promise.reject(failure));
        const value = (histories.get(workflowId) ?? []).slice(offset, offset + limit);
        return Promise.resolve({ value, sizeBytes: 100 });
      },
    });
    const { cache, store } = createRunParts(upstream, clock, { liveTtlMs: 0 });
    recent = createRecentRuns(createRunHistory({ upstream, cache, runStore: store, liveTtlMs: 0 }));
  });

  const page = (request: Partial<RecentPageRequest> = {}) =>
    recent.page(
      { workflowIds: [...histories.keys()], first: 2, after: null, filter: null, ...request },
      operationOf('ada'),
    );
  const idsOf = ({ entries }: Pick<RecentPage, 'entries'>) => entries.map(({ position }) => position.runId);

  const startsOf = (least: number) =>
    fc
      .array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: least, max: least + 4 }) }, fc.constant(null)), {
        maxLength: 6,
      })
      .map((starts) => starts.sort((a, b) => (b ?? Infinity) - (a ?? Infinity)));

  it('come in one order, each once, whatever starts between two pages and how many start at the same instant', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(startsOf(0), { minLength: 1, maxLength: 4 }),
        fc.array(startsOf(10), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (first, later, size) => {
          histories.clear();
          const names = first.map((_, index) => `w${index}-`);
          for (const [index, name] of names.entries()) start(name, ...(first[index] ?? []));
          const expected = names
            .flatMap((workflowId) =>
              (histories.get(workflowId) ?? []).map(({ id, startTime }) => ({
                id,
                workflowId,
                startMicros: startTime?.epochMicros ?? null,
              })),
            )
            .sort(compareByPlace)
            .map(({ id }) => id);

          const seen: (string | null)[] = [];
          let after: RecentPosition | null = null;
          for (let turn = 0; turn <= 2 * expected.length; turn += 1) {
            const read: RecentPage = await page({ workflowIds: names, first: size, after });
            expect(read.unavailable).toEqual([]);
            seen.push(...idsOf(read));
            after = read.end;
            if (!read.hasNextPage) break;
            // Before all have a position, what starts is simply newer; where none of a window had started, it may be answered again.
            const positions = names.map((name) => read.end.positions.get(name)?.startMicros ?? null);
            if (turn === 0 && !positions.includes(null)) {
              for (const [index, name] of names.entries()) start(name, ...(later[index] ?? []));
            }
          }
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are not older than the newest of a workflow that is not known yet', async () => {
    start('a', 40, 30, 20, 10);
    start('b', 25);
    const first = await page();
    expect([idsOf(first), first.hasNextPage]).toEqual([['a40.4', 'a30.3'], true]);
    const second = await page({ after: first.end });
    expect([idsOf(second), second.hasNextPage]).toEqual([['b25.1', 'a20.2'], true]);
    const third = await page({ after: second.end });
    expect([idsOf(third), third.hasNextPage]).toEqual([['a10.1'], false]);
    expect(third.start).toEqual(second.end);
    expect(third.end.last).toEqual({ workflowId: 'a', startMicros: at(10).epochMicros });
  });

  it('are those that the upstream lists first, also where these have not started last', async () => {
    start('a', 5, 9, 3);
    expect(idsOf(await page())).toEqual(['a5.3', 'a9.2']);
  });

  it('of a workflow that comes in later are none newer than what was answered', async () => {
    start('b', 30, 20, 10);
    const { end } = await page();
    start('a', 40, 20, 15);
    start('c', 40, 20, 15);
    const next = await page({ first: 9, after: end });
    // Of the instant that was answered last those of "c" come after those of "b", and those of "a" before.
    expect(idsOf(next)).toEqual(['c20.2', 'a15.1', 'c15.1', 'b10.1']);
  });

  it('are those of each workflow once, however often it is named', async () => {
    start('a', 20, 10);
    expect(idsOf(await page({ workflowIds: ['a', 'a'], first: 9 }))).toEqual(['a20.2', 'a10.1']);
    expect(windows).toEqual(['a']);
  });

  it('are none where nothing ever ran', async () => {
    start('a');
    expect(await page()).toMatchObject({ entries: [], hasNextPage: false, end: { last: null, positions: new Map() } });
  });

  it('are those of the others where the history of some can not be had, which are named by id', async () => {
    for (const name of ['c', 'a', 'b']) start(name, 10);
    failures.set('c', outage).set('a', outage);
    expect(await page()).toMatchObject({
      entries: [{ workflowId: 'b' }],
      hasNextPage: false,
      unavailable: [
        { workflowId: 'a', error: outage },
        { workflowId: 'c', error: outage },
      ],
    });
  });

  it('are read in the order of the ids, so that the same are left out where there are too many', async () => {
    for (const name of ['b', 'a']) start(name, 10);
    const { entries, unavailable } = await recent.page(
      { workflowIds: ['b', 'a'], first: 2, after: null, filter: null },
      operationOf('ada', { maxCalls: 1 }),
    );
    expect(entries.map(({ workflowId }) => workflowId)).toEqual(['a']);
    expect(unavailable.map(({ workflowId, error }) => [workflowId, error.code])).toEqual([
      ['b', 'UPSTREAM_BUDGET_EXCEEDED'],
    ]);
  });

  it('are none where a defect keeps them from being read', async () => {
    start('a', 10);
    const defect = new TypeError('no function');
    failures.set('a', defect);
    expect(await rejectionOf(page())).toBe(defect);
  });

  it('wait for a history whose end was not reached by this page', async () => {
    const failed = { status: ['FAILED' as const], startedAfter: null, startedBefore: null };
    const long = Array.from({ length: 150 }, (_, index) => 1000 - index);
    start('long', ...long);
    start('short', 990, 800);
    for (const record of histories.get('short') ?? []) Object.assign(record, { rawStatus: 'failed' });
    // Each of a hundred workflows is read by one window.
    const workflowIds = ['long', 'short', ...Array.from({ length: 98 }, (_, index) => `idle-${index}`)];
    const first = await page({ workflowIds, filter: failed });
    expect([idsOf(first), first.hasNextPage]).toEqual([['short990.2'], true]);
    const second = await page({ workflowIds, filter: failed, after: first.end });
    expect([idsOf(second), second.hasNextPage]).toEqual([['short800.1'], false]);
  });
});
