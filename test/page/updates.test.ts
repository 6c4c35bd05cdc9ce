import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunStatus } from '../../src/web/__generated__/graphql.ts';
import { withNew } from '../../src/web/run/new-steps.ts';
import { mergeRuns, type ListedRun } from '../../src/web/run-list/merged-runs.ts';

/** How events change the answers of earlier and later queries. */
const moment = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const run = (id: string, status: RunStatus, fetchedAt: number, isStale = false): ListedRun => ({
  ...{ id, status, workflowId: 'wf', statusIsInferred: false, isFinished: status !== 'RUNNING' },
  ...{ startedAt: moment(Number(id)), wallClockMs: null, error: null },
  freshness: { isStale, fetchedAt: moment(fetchedAt) },
});

const current = (...runs: ListedRun[]) => ({ current: runs, beforeGap: [] });

const NEWEST = { hasNextPage: false, hasPreviousPage: false };

const STATE = fc
  .record({
    id: fc.constantFrom('1', '2', '3', '4'),
    status: fc.constantFrom<RunStatus[]>('RUNNING', 'COMPLETED', 'FAILED'),
    fetchedAt: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ id, status, fetchedAt }) => run(id, status, fetchedAt));

/** Like an answer of the query: newest first, each run once. */
const LISTED = fc
  .uniqueArray(STATE, { selector: ({ id }) => id })
  .map((runs) => runs.toSorted((a, b) => Number(b.id) - Number(a.id)));

describe('a live list of runs', () => {
  it('shows the last fetched state of a run; events win ties', () => {
    fc.assert(
      fc.property(LISTED, fc.array(STATE), (listed, changed) => {
        const latest = ['4', '3', '2', '1'].flatMap((id) => {
          const states = [...changed, ...listed].filter((each) => each.id === id);
          const last = states.map(({ freshness }) => freshness.fetchedAt).toSorted();
          return states.filter(({ freshness }) => freshness.fetchedAt === last.at(-1)).slice(0, 1);
        });
        expect(mergeRuns(listed, current(...changed), NEWEST)).toEqual(latest);
      }),
    );
  });

  it('marks a run as stale until it is fetched again', () => {
    const [fresh, stale] = [run('1', 'RUNNING', 1), run('1', 'RUNNING', 1, true)];
    const again = run('1', 'COMPLETED', 2);
    expect(mergeRuns([stale], current(fresh), NEWEST)).toEqual([stale]);
    expect(mergeRuns([fresh], current(stale), NEWEST)).toEqual([stale]);
    expect(mergeRuns([again], current(stale), NEWEST)).toEqual([again]);
  });

  it.each([
    ['the first page of several', true, false, ['4', '3', '2']],
    ['a page between others', true, true, ['3', '2']],
    ['the only page', false, false, ['4', '3', '2', '1']],
  ])('excludes runs of another page: %s', (_, hasNextPage, hasPreviousPage, ids) => {
    const listed = [run('3', 'RUNNING', 1), run('2', 'RUNNING', 1)];
    const changed = ['1', '2', '3', '4'].map((id) => run(id, 'COMPLETED', 2));
    const merged = mergeRuns(listed, current(...changed), { hasNextPage, hasPreviousPage });
    expect(merged).toEqual(ids.map((id) => run(id, 'COMPLETED', 2)));
  });

  it('adds no run from an event before the connection was lost', () => {
    const listed = [run('2', 'RUNNING', 1)];
    const beforeGap = [run('1', 'RUNNING', 0), run('2', 'FAILED', 2), run('3', 'RUNNING', 2)];
    expect(mergeRuns(listed, { current: [], beforeGap }, NEWEST)).toEqual([run('2', 'FAILED', 2)]);
  });
});

describe('the steps of a live run', () => {
  const STEP = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    offsetMs: fc.option(fc.nat(3)),
    word: fc.string(),
  });
  const CHANGED = fc.uniqueArray(STEP, { selector: ({ id }) => id });

  it('are the latest in order of start, unreadable ones last', () => {
    fc.assert(
      fc.property(CHANGED, CHANGED, (first, second) => {
        const latest = new Map([...first, ...second].map((step) => [step.id, step]));
        const merged = withNew([...first, null], second, (step) => step);
        expect(merged.pop()).toBeNull();
        expect(merged).toHaveLength(latest.size);
        expect(new Map(merged.map((step) => [step?.id, step]))).toEqual(latest);
        const starts = merged.map((step) => step?.offsetMs ?? Infinity);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b || 0));
      }),
    );
  });
});
