import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureGroups, failureOf, type Failure } from '../../src/domain/workflow/failure-groups.ts';
import { createGroupHistory } from '../../src/domain/workflow/group-history.ts';
import type { RunRecord } from '../../src/domain/types.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

const run = (start: number | null, rawStatus = 'completed'): RunRecord =>
  runRecord({
    id: `run-${start}`,
    rawStatus,
    startTime: start === null ? null : at(start),
    endTime: rawStatus === 'running' ? null : at((start ?? 0) + 0.5),
  });
const failure = (start: number, message = 'no'): Failure =>
  failureOf(run(start, 'failed'), runOf([ran('a', 0, 1, 'failed', { error: message })]));
const runs = (from: number, count: number) => Array.from({ length: count }, (_, index) => run(from + index));

interface Examined {
  readonly records: readonly RunRecord[];
  readonly failures: readonly Failure[];
  readonly isWhole?: boolean;
  /** Starts of runs in which the node completed. */
  readonly completed?: readonly number[];
  /** Starts of runs with loaded steps in which the node did not complete. */
  readonly loaded?: readonly number[];
}

/** History of the group of the first failure. */
function historyOf({ records, failures, isWhole = false, completed = [], loaded = [] }: Examined) {
  const [group] = failureGroups('wf', failures.slice(0, 1));
  const completedNodes = new Map([
    ...failures.map(({ runId }) => [runId, new Set<string>()] as const),
    ...loaded.map((start) => [`run-${start}`, new Set<string>()] as const),
    ...completed.map((start) => [`run-${start}`, new Set(['a'])] as const),
  ]);
  const history = createGroupHistory({ records, failures, isWhole, completedNodes });
  if (!group) throw new Error('A failure is required.');
  return history(group);
}

describe('the first failure of a group', () => {
  /** Failures at 100 and 200, one run apart. */
  function seen(others: readonly RunRecord[], failures: readonly Failure[], isWhole = false) {
    const own = [failure(100), failure(200)];
    const records = [...others, run(100, 'failed'), run(150), run(200, 'failed')];
    const { firstSeenAt, firstSeenIsExact, state } = historyOf({ records, failures: [...own, ...failures], isWhole });
    return [firstSeenAt?.text, state === 'NEW' ? 'new' : firstSeenIsExact ? 'exact' : 'neither'];
  }

  it.each([
    ['no run before it is known to be neither', [], [], false, 'neither'],
    ['no other runs at all is exact', [], [], true, 'exact'],
    ['as many runs before it as between two failures, and none older, is exact', runs(0, 1), [], true, 'exact'],
    ['more runs before it than between two failures, and none older, is new', runs(0, 2), [], true, 'new'],
    ['as many runs before it as between two failures may be older', runs(0, 1), [], false, 'neither'],
    ['more runs before it than between two failures is exact', runs(0, 2), [], false, 'exact'],
    ['19 runs before it is exact', runs(0, 19), [], false, 'exact'],
    ['20 runs before it is new', runs(0, 20), [], false, 'new'],
    ['19 runs before it that are the whole history is new', runs(0, 19), [], true, 'new'],
    ['19 runs and a running one before it is exact', [...runs(0, 19), run(50, 'running')], [], false, 'exact'],
    ['19 runs and one without a start is exact', [...runs(0, 19), run(null)], [], false, 'exact'],
    [
      'a different failure among 20 runs before it is new',
      [...runs(0, 19), run(50, 'failed')],
      [failure(50, 'yes')],
      false,
      'new',
    ],
    [
      '20 runs since a failure with an unknown cause is neither',
      [...runs(0, 20), run(-1, 'failed')],
      [],
      true,
      'neither',
    ],
    [
      'a failure without a start and with an unknown cause is neither',
      [...runs(0, 20), run(null, 'failed')],
      [],
      true,
      'neither',
    ],
  ])('with %s', (_, others, failures, isWhole, expected) => {
    expect(seen(others, failures, isWhole)).toEqual([at(100).text, expected]);
  });

  it('may lie before the window, as 20 earlier runs decide', () => {
    expect(seen([...runs(0, 20), run(50, 'failed')], [failure(50)])).toEqual([at(50).text, 'new']);
    expect(seen([...runs(0, 20), run(-1, 'failed')], [failure(-1)], true)).toEqual([at(-1).text, 'exact']);
  });

  it("isn't new if rare and after few earlier runs", () => {
    // Every 30 runs, and 25 runs before the first.
    const starts = [25, 56, 87];
    const records = [...runs(0, 25), ...runs(26, 30), ...runs(57, 30), ...starts.map((start) => run(start, 'failed'))];
    const failures = starts.map((start) => failure(start));
    expect(historyOf({ records, failures })).toMatchObject({ firstSeenIsExact: false, state: 'ONGOING' });
  });

  it('is neither new nor exact without a known start', () => {
    const failures = [failureOf(run(null, 'failed'), null)];
    expect(historyOf({ records: runs(0, 30), failures, isWhole: true })).toMatchObject({
      firstSeenAt: null,
      firstSeenIsExact: false,
      state: 'UNKNOWN',
    });
  });
});

describe('a failure is resolved', () => {
  const resolved = (examined: Examined): boolean => historyOf(examined).state === 'RESOLVED';
  const single = { records: [...runs(0, 20), run(100, 'failed'), ...runs(101, 9)], failures: [failure(100)] };
  /** Two failures, five runs apart. */
  const two = {
    records: [...runs(0, 20), run(100, 'failed'), ...runs(101, 5), run(110, 'failed'), ...runs(111, 9)],
    failures: [failure(100), failure(110)],
  };

  it.each([
    ['after one completion of the node', single, [105], false],
    ['after two completions', single, [105, 106], false],
    ['after three completions of a single failure', single, [101, 105, 106], true],
    ['by completions before it', single, [3, 4, 5, 6], false],
    ['after as many completions as between two failures', two, [111, 112, 113, 114, 115], false],
    ['after more completions than between two failures', two, [111, 112, 113, 114, 115, 116], true],
  ])('%s', (_, examined, completed, expected) => {
    expect(resolved({ ...examined, completed })).toBe(expected);
  });

  it.each([
    ['since its last failure', 115],
    ['between its failures', 105.5],
    ['before its failures', -1],
  ])('only if no failure of unknown cause is %s', (_, start) => {
    const records = [...two.records, run(start, 'failed')];
    expect(resolved({ ...two, records, completed: [111, 112, 113, 114, 116, 117, 118] })).toBe(false);
  });

  it('by completed but not cancelled runs if it has no failed steps', () => {
    const records = [run(0, 'failed'), ...runs(1, 3)];
    const failures = [failureOf(run(0, 'failed'), null)];
    expect(resolved({ records, failures, isWhole: true })).toBe(true);
    const fewer = records.slice(0, 3);
    expect(resolved({ records: fewer, failures, isWhole: true })).toBe(false);
    expect(resolved({ records: [...fewer, run(3, 'cancelled')], failures, isWhole: true })).toBe(false);
  });

  it('only by existing runs, and knows how many help', () => {
    expect(historyOf(single).completionsNeeded).toBe(3);
    expect(historyOf({ ...single, records: single.records.slice(0, -7) }).completionsNeeded).toBeNull();
    expect(historyOf({ ...single, loaded: [101, 102, 103, 104, 105, 106] }).completionsNeeded).toBe(3);
    expect(historyOf({ ...single, loaded: [101, 102, 103, 104, 105, 106, 107] }).completionsNeeded).toBeNull();
    expect(historyOf(two).completionsNeeded).toBe(6);
  });
});

it('keeps a claim when older runs without the failure appear', () => {
  const kinds = fc.array(fc.constantFrom('ok', 'no', 'other'), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(kinds, fc.nat(60), (all, cut) => {
      const examine = (from: number) => {
        const shown = all.flatMap((kind, start) => (start >= from ? [{ kind, start }] : []));
        const failures = shown.flatMap(({ kind, start }) => (kind === 'ok' ? [] : [failure(start, kind)]));
        const own = failures.toSorted((one) => (one.message === 'no' ? -1 : 1));
        if (own[0]?.message !== 'no') return null;
        return historyOf({
          records: shown.map(({ kind, start }) => run(start, kind === 'ok' ? 'completed' : 'failed')),
          failures: own,
        });
      };
      const [some, more] = [examine(cut), examine(0)];
      const hasOlder = all.slice(0, cut).includes('no');
      if (some?.state === 'NEW' && !hasOlder) expect(more?.state).toBe('NEW');
      if (some) expect(more?.firstSeenAt?.epochMicros).toBeLessThanOrEqual(some.firstSeenAt?.epochMicros ?? 0);
    }),
  );
});
