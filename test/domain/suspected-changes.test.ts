import { describe, expect, it } from '@jest/globals';
import type { ChangePoint } from '../../src/domain/changes/changes.ts';
import { baselineOf, suspectedChanges } from '../../src/domain/changes/suspected-changes.ts';
import { at, runRecord } from './facts.ts';

/** One run a second; run `r7` starts at 7. */
const run = (start: number, rawStatus = 'completed') => runRecord({ id: `r${start}`, rawStatus, startTime: at(start) });
const runs = (count: number) => Array.from({ length: count }, (_, start) => run(start));
const change = (start: number, nodeId: string | null, previous = start - 1): ChangePoint => ({
  ...{ at: at(start), runId: `r${start}`, previousRunId: `r${previous}`, nodeId },
  ...{ kind: nodeId === null ? 'GRAPH' : 'PROMPT', before: null, after: null },
});
const seen = { at: at(30), isExact: true, hasUnknownBefore: false };

describe('the suspected changes of a failure at the node a', () => {
  const suspected = (points: readonly ChangePoint[], given = seen) =>
    suspectedChanges(points, 'a', given, runs(40)).map(({ runId, nodeId }) => `${runId} ${String(nodeId)}`);

  it.each([
    ['are empty without a change', [], []],
    ['are those of the last run with a change of the node', [change(29, 'a'), change(27, 'a')], ['r29 a']],
    [
      'include the other changes of that run',
      [change(27, 'a'), change(27, 'b'), change(27, null)],
      ['r27 a', 'r27 b', 'r27 null'],
    ],
    ['are of the node rather than later ones of another', [change(29, 'b'), change(27, 'a')], ['r27 a']],
    ['are of another node or the graph if the node has none', [change(28, 'b'), change(27, null)], ['r28 b']],
    ['may be in the first failed run', [change(30, 'a')], ['r30 a']],
    ['are not after it', [change(31, 'a')], []],
    ['have at most 20 finished runs between', [change(9, 'a')], ['r9 a']],
    ['have no more than 20 finished runs between', [change(8, 'a')], []],
  ])('%s', (_, points, expected) => {
    expect(suspected(points)).toEqual(expected);
  });

  it('are empty if the first failure is unknown', () => {
    expect(suspected([change(29, 'a')], { ...seen, isExact: false })).toEqual([]);
  });
});

describe('the baseline of a failure at the node a', () => {
  const all = [...runs(20), run(20, 'failed'), ...runs(40).slice(21)];
  const baseline = (changes: readonly ChangePoint[], given = seen, records = all) => {
    const found = baselineOf(changes, 'a', given, records);
    return found && `${found.runId} ${found.reason}`;
  };

  it.each([
    ['is the last run before the change', [change(25, 'a')], 'r24 BEFORE_CHANGE'],
    ['is the newest completed run before it', [change(21, 'a')], 'r19 BEFORE_CHANGE'],
    ['is not between the last run of the node and the change', [change(25, 'a', 22)], 'r22 BEFORE_CHANGE'],
    ['follows the change of the node', [change(25, 'a', 22), change(25, 'b', 23)], 'r22 BEFORE_CHANGE'],
    ['is the newest completed run before the failures without a change', [], 'r29 BEFORE_FAILURES'],
  ])('%s', (_, changes, expected) => {
    expect(baseline(changes)).toBe(expected);
  });

  it('falls back to before the failures without an earlier completed run', () => {
    expect(
      baseline(
        [change(25, 'a')],
        seen,
        all.filter(({ id }) => Number(id.slice(1)) > 24),
      ),
    ).toBe('r29 BEFORE_FAILURES');
  });

  it('is unknown if an earlier run may have had the failure', () => {
    expect(baseline([], { ...seen, hasUnknownBefore: true })).toBeNull();
    expect(baseline([], { ...seen, isExact: false })).toBe('r29 BEFORE_FAILURES');
  });
});
