import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureGroups, failureOf, type Failure } from '../../src/domain/run/failure-groups.ts';
import { createFirstSeen } from '../../src/domain/run/group-history.ts';
import type { RunRecord } from '../../src/domain/types.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

interface Draft {
  readonly start: number | null;
  readonly node: string;
  readonly message: string;
  readonly code: string | null;
}

/** A run that failed at a node. */
const failed = ({ start, node, message, code }: Draft, index: number): Failure =>
  failureOf(
    runRecord({ id: `r${index}`, rawStatus: 'failed', startTime: start === null ? null : at(start) }),
    runOf([{ ...ran(node, 0, 1, 'failed', { error: JSON.stringify({ message, code }) }), startTime: null }]),
  );

describe('failure groups', () => {
  it('gather runs that failed alike at the same node', () => {
    const drafts: readonly Draft[] = [
      { start: 40, node: 'model', message: 'got 35120 tokens', code: 'too_long' },
      { start: 20, node: 'model', message: 'got 40000 tokens', code: 'other' },
      { start: 30, node: 'model', message: 'got 45000 tokens', code: 'too_long' },
    ];
    const group = { workflowId: 'wf', nodeId: 'model', message: 'got <number> tokens' };
    expect(failureGroups('wf', drafts.map(failed))).toEqual([
      {
        ...group,
        ...{ code: 'too_long', latestMessage: 'got 35120 tokens', count: 2, runIds: ['r0', 'r2'] },
        ...{ firstSeenAt: at(30), lastSeenAt: at(40) },
      },
      {
        ...group,
        ...{ code: 'other', latestMessage: 'got 40000 tokens', count: 1, runIds: ['r1'] },
        ...{ firstSeenAt: at(20), lastSeenAt: at(20) },
      },
    ]);
  });

  it('have the error and the start of the record where no step failed or the steps are gone, else of the steps', () => {
    const record = runRecord({ rawStatus: 'failed', error: 'Out of credits: 7000 left', startTime: null });
    const group = { nodeId: null, message: 'Out of credits: <number> left', code: null };
    const ofRecord = (run: Parameters<typeof failureOf>[1]) => failureGroups('wf', [failureOf(record, run)]);
    expect(ofRecord(runOf([ran('a', 3, 4)]))).toMatchObject([{ ...group, firstSeenAt: at(3) }]);
    expect(ofRecord(null)).toMatchObject([{ ...group, firstSeenAt: null, lastSeenAt: null }]);
  });

  const draft = fc.record({
    start: fc.option(fc.nat(30)),
    node: fc.constantFrom('a', 'b'),
    message: fc.constantFrom('no 1000', 'no 2000', 'no 1', 'yes'),
    code: fc.constantFrom('x', null),
  });
  const failures = fc.array(draft, { maxLength: 30 }).map((drafts) => drafts.map(failed));

  it('partition the failed runs: each is in one group, that of its node, code and masked message', () => {
    fc.assert(
      fc.property(failures, (given) => {
        const groups = failureGroups('wf', given);
        expect(groups.flatMap(({ runIds }) => runIds).sort()).toEqual(given.map(({ runId }) => runId).sort());
        for (const { nodeId, code, message, runIds, count, ...group } of groups) {
          const own = given.filter(({ runId }) => runIds.includes(runId));
          expect(own).toHaveLength(count);
          for (const failure of own) expect(failure).toMatchObject({ nodeId, code, maskedMessage: message });
          const starts = own.flatMap(({ startedAt }) => startedAt?.epochMicros ?? []);
          expect(group.firstSeenAt?.epochMicros ?? Infinity).toBe(Math.min(...starts));
          expect(group.lastSeenAt?.epochMicros ?? -Infinity).toBe(Math.max(...starts));
        }
        const names = groups.map(({ nodeId, code, message }) => JSON.stringify([nodeId, code, message]));
        expect(new Set(names).size).toBe(groups.length);
      }),
    );
  });

  it('are the largest first, then the one seen last, and the same whatever order the runs come in', () => {
    const shuffled = failures.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
    );
    fc.assert(
      fc.property(shuffled, ([given, other]) => {
        const groups = failureGroups('wf', given);
        expect(failureGroups('wf', other)).toEqual(groups);
        const sizes = groups.map(({ count, lastSeenAt }) => [count, lastSeenAt?.epochMicros ?? -Infinity] as const);
        expect(sizes).toEqual(sizes.toSorted(([a, from], [b, to]) => b - a || (from === to ? 0 : to - from)));
      }),
    );
  });
});

describe('a failure group among the examined runs', () => {
  const run = (start: number | null, rawStatus = 'completed'): RunRecord =>
    runRecord({ id: `run-${start}`, rawStatus, startTime: start === null ? null : at(start) });
  const failure = (start: number, message = 'no'): Failure =>
    failureOf(run(start, 'failed'), runOf([ran('a', 0, 1, 'failed', { error: message })]));
  const before = (count: number) => Array.from({ length: count }, (_, start) => run(start));

  function shown(others: readonly RunRecord[], failures: readonly Failure[], isWhole = false) {
    const own = [failure(100), failure(200)];
    const [group] = failureGroups('wf', own);
    const records = [...others, run(100, 'failed'), run(150), run(200, 'failed')];
    return group && createFirstSeen({ records, failures: [...own, ...failures], isWhole })(group);
  }

  it.each([
    ['with no run before it', [], [], false, 'neither'],
    ['that is all of the history', [], [], true, 'new'],
    ['with 1 run before it', before(1), [], false, 'exact'],
    ['with 19 runs before it', before(19), [], false, 'exact'],
    ['with 20 runs before it', before(20), [], false, 'new'],
    ['with 19 runs before it that are the whole history', before(19), [], true, 'new'],
    ['with 19 runs before it, and a running one', [...before(19), run(50, 'running')], [], false, 'exact'],
    ['with 19 runs before it, and one without a start', [...before(19), run(null)], [], false, 'exact'],
    [
      'with 19 runs before it, and one with another failure',
      [...before(19), run(50, 'failed')],
      [failure(50, 'yes')],
      false,
      'new',
    ],
    [
      'with 20 runs before it, and one with the same failure',
      [...before(20), run(50, 'failed')],
      [failure(50)],
      false,
      'neither',
    ],
    [
      'with the same failure before the whole history',
      [...before(20), run(-1, 'failed')],
      [failure(-1)],
      true,
      'neither',
    ],
    ['with 20 runs since a failure with an unknown cause', [...before(20), run(-1, 'failed')], [], false, 'new'],
    ['with a failure with an unknown cause right before it', [...before(20), run(50, 'failed')], [], true, 'neither'],
    ['with one run since such a failure', [...before(20), run(50, 'failed'), run(51)], [], true, 'exact'],
    [
      'with a failure without a start and with an unknown cause',
      [...before(20), run(null, 'failed')],
      [],
      true,
      'neither',
    ],
  ])('%s', (_, others, failures, isWhole, expected) => {
    expect(shown(others, failures, isWhole)).toEqual({ isExact: expected !== 'neither', isNew: expected === 'new' });
  });

  it('without a known start is neither', () => {
    const own = failureOf(run(null, 'failed'), null);
    const [group] = failureGroups('wf', [own]);
    expect(group && createFirstSeen({ records: before(30), failures: [own], isWhole: true })(group)).toEqual({
      isExact: false,
      isNew: false,
    });
  });
});
