import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunFilter, RunStatus } from '../../src/web/__generated__/graphql.ts';
import { mergeRuns, type ListedRun } from '../../src/web/runs/merged-runs.ts';

const moment = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const run = (id: string, status: RunStatus, fetchedAt: number, isStale = false): ListedRun => ({
  id,
  workflowId: 'wf',
  status,
  statusIsInferred: false,
  isFinished: status !== 'RUNNING',
  startedAt: moment(Number(id)),
  wallClockMs: null,
  error: null,
  freshness: { isStale, fetchedAt: moment(fetchedAt) },
});

const told = (...runs: ListedRun[]) => ({ told: runs, toldBefore: [] });

const NEWEST = { hasNextPage: false, hasPreviousPage: false };

const STATE = fc
  .record({
    id: fc.constantFrom('1', '2', '3', '4'),
    status: fc.constantFrom<RunStatus[]>('RUNNING', 'COMPLETED', 'FAILED'),
    fetchedAt: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ id, status, fetchedAt }) => run(id, status, fetchedAt));

/** As a query answers them: newest first, each once. */
const LISTED = fc
  .uniqueArray(STATE, { selector: ({ id }) => id })
  .map((runs) => runs.toSorted((a, b) => Number(b.id) - Number(a.id)));

describe('a list of runs with what has changed since', () => {
  it('shows of each run the state that was fetched last, of equal ones that of the event, where it fits the filter', () => {
    fc.assert(
      fc.property(LISTED, fc.array(STATE), fc.constantFrom(null, ['FAILED' as const]), (listed, changed, status) => {
        const all = [...changed, ...listed];
        const latest = ['4', '3', '2', '1'].flatMap((id) => {
          const states = all.filter((each) => each.id === id);
          const last = states.map(({ freshness }) => freshness.fetchedAt).toSorted();
          return states.filter(({ freshness }) => freshness.fetchedAt === last.at(-1)).slice(0, 1);
        });
        const fitting = latest.filter((each) => status === null || each.status === 'FAILED');
        expect(mergeRuns(listed, told(...changed), { status }, NEWEST)).toEqual(fitting);
      }),
    );
  });

  it('has no run that has not started where the filter asks for a time: the gateway answers none', () => {
    const queued = { ...run('1', 'PENDING', 1), startedAt: null };
    const shownWith = (filter: RunFilter) => mergeRuns([], told(queued), filter, NEWEST);
    expect(shownWith({})).toEqual([queued]);
    expect(shownWith({ startedAfter: '2026-01-01T00:00:00Z' })).toEqual([]);
    expect(shownWith({ startedBefore: '2099-01-01T00:00:00Z' })).toEqual([]);
  });

  it('says that a run is stale: it was not fetched again since', () => {
    const [fresh, stale] = [run('1', 'RUNNING', 1), run('1', 'RUNNING', 1, true)];
    expect(mergeRuns([stale], told(fresh), {}, NEWEST)).toEqual([stale]);
    expect(mergeRuns([fresh], told(stale), {}, NEWEST)).toEqual([stale]);
    const again = run('1', 'COMPLETED', 2);
    expect(mergeRuns([again], told(stale), {}, NEWEST)).toEqual([again]);
  });

  it('has no run that belongs to another page', () => {
    const listed = [run('3', 'RUNNING', 1), run('2', 'RUNNING', 1)];
    const changed = ['1', '2', '3', '4'].map((id) => run(id, 'COMPLETED', 2));
    const idsOn = (hasNextPage: boolean, hasPreviousPage: boolean) =>
      mergeRuns(listed, told(...changed), {}, { hasNextPage, hasPreviousPage }).map(
        ({ id, status }) => `${id} ${status}`,
      );
    expect(idsOn(true, false)).toEqual(['4 COMPLETED', '3 COMPLETED', '2 COMPLETED']);
    expect(idsOn(true, true)).toEqual(['3 COMPLETED', '2 COMPLETED']);
    expect(idsOn(false, false)).toEqual(['4 COMPLETED', '3 COMPLETED', '2 COMPLETED', '1 COMPLETED']);
  });

  it('has of what was told before a gap the states alone: what is not listed any more may be over', () => {
    const listed = [run('2', 'RUNNING', 1)];
    const toldBefore = [run('1', 'RUNNING', 0), run('2', 'FAILED', 2), run('3', 'RUNNING', 2)];
    const merged = (status: RunStatus[]) => mergeRuns(listed, { told: [], toldBefore }, { status }, NEWEST);
    expect(merged(['RUNNING', 'FAILED'])).toEqual([run('2', 'FAILED', 2)]);
    expect(merged(['RUNNING'])).toEqual([]);
  });
});
