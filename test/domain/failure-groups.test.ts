import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureGroups, failureOf, type Failure } from '../../src/domain/workflow/failure-groups.ts';
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
  it('take error and start from the record only without failed steps', () => {
    const record = runRecord({ rawStatus: 'failed', error: 'Out of credits: 7000 left', startTime: null });
    const group = { nodeId: null, message: 'Out of credits: <number> left', code: null };
    const ofRecord = (run: Parameters<typeof failureOf>[1]) => failureGroups('wf', [failureOf(record, run)]);
    expect(ofRecord(runOf([ran('a', 3, 4)]))).toMatchObject([{ ...group, lastSeenAt: at(3) }]);
    expect(ofRecord(null)).toMatchObject([{ ...group, lastSeenAt: null }]);
  });

  const draft = fc.record({
    start: fc.option(fc.nat(30)),
    node: fc.constantFrom('a', 'b'),
    message: fc.constantFrom('no 1000', 'no 2000', 'no 1', 'yes'),
    code: fc.constantFrom('x', null),
  });
  const failures = fc.array(draft, { maxLength: 30 }).map((drafts) => drafts.map(failed));

  it('partition failed runs by node, code and masked message', () => {
    fc.assert(
      fc.property(failures, (given) => {
        const groups = failureGroups('wf', given);
        expect(groups.flatMap(({ runIds }) => runIds).sort()).toEqual(given.map(({ runId }) => runId).sort());
        for (const { nodeId, code, message, runIds, count, ...group } of groups) {
          const own = given.filter(({ runId }) => runIds.includes(runId));
          expect(own).toHaveLength(count);
          for (const failure of own) expect(failure).toMatchObject({ nodeId, code, maskedMessage: message });
          const starts = own.flatMap(({ startedAt }) => startedAt?.epochMicros ?? []);
          expect(group.lastSeenAt?.epochMicros ?? -Infinity).toBe(Math.max(...starts));
        }
        const names = groups.map(({ nodeId, code, message }) => JSON.stringify([nodeId, code, message]));
        expect(new Set(names).size).toBe(groups.length);
      }),
    );
  });

  it('are sorted by size, then last occurrence, in any order of runs', () => {
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
