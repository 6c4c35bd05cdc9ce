import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestOf } from '../../src/domain/payload.ts';
import {
  changedSteps,
  changesUpTo,
  compareSteps,
  NO_CHANGES,
  type ComparedSteps,
} from '../../src/domain/step/step-changes.ts';
import type { StepFacts } from '../../src/domain/types.ts';
import { createPayloadComparison, payloadsIn } from '../../src/upstream/wire/payloads.ts';
import { arbitrarySteps, listed, ran, runOf } from './facts.ts';

function compared(before: readonly StepFacts[], after: readonly StepFacts[], isRunOver = false): ComparedSteps {
  const work = compareSteps(
    { steps: before, isRunOver: false },
    { steps: after, isRunOver },
    createPayloadComparison().isSame,
  );
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}

const changedIds = (before: readonly StepFacts[], after: readonly StepFacts[]) =>
  [...compared(before, after).changed].sort();

describe('a step', () => {
  const running = ran('model', 0, null, 'running', { id: 'a' });

  it.each<[string, Parameters<typeof ran>[4]]>([
    ['status', { rawStatus: 'completed' }],
    ['end', { endTime: ran('x', 0, 7).endTime }],
    ['error', { error: 'no' }],
    ['elapsed time', { elapsedTime: 3 }],
    ['tokens', { tokens: 9 }],
    ['outputs', { outputs: { text: 'hello' } }],
    ['inputs', { inputs: [1] }],
    ['metadata', { metadata: 'x' }],
  ])('changes if the upstream sends a different %s', (_, facts) => {
    expect(changedIds([running], [ran('model', 0, null, 'running', { id: 'a', ...facts })])).toEqual(['a']);
  });

  it('does not change if only its position in the list differs', () => {
    const twins = [running, ran('model', 5, 6, 'running', { id: 'a', index: 1 })];
    const tied = [ran('x', 0, 1, 'completed', { id: 'b' }), ran('x', 0, 1, 'completed', { id: 'c', index: 1 })];
    for (const steps of [twins, tied]) {
      const swapped = steps.map((step, index) => ({ ...step, index: 1 - index })).reverse();
      expect(compared(steps, swapped)).toEqual({ changed: new Set(), hasFewer: false });
    }
  });

  it('stays unchanged between a list and the steps of a run', () => {
    fc.assert(
      fc.property(arbitrarySteps, (facts) => {
        const [list, { steps }] = [listed(facts), runOf(facts)];
        expect(compared(list, steps)).toEqual({ changed: new Set(), hasFewer: false });
        expect(compared(steps, list)).toEqual({ changed: new Set(), hasFewer: false });
      }),
    );
  });

  it('changes if the end of its run makes another step latest', () => {
    const steps = [
      running,
      ran('model', 1, 2, 'failed', { id: 'b', index: 1 }),
      ran('x', 0, 1, 'completed', { id: 'c', index: 2 }),
    ];
    expect([...compared(steps, steps).changed]).toEqual([]);
    expect([...compared(steps, steps, true).changed]).toEqual(['a', 'b']);
  });

  it('changes exactly if its facts, attempt numbers or latest execution differ', () => {
    const withIds = arbitrarySteps.map((steps) => steps.slice(0, 8).map((step, i) => ({ ...step, id: `s${i % 6}` })));
    const reported = (facts: readonly StepFacts[], id: string) => {
      const { steps } = runOf(facts);
      const ofId = facts.flatMap((each, index) => {
        const { attempt, attemptCount, attemptKind, itemAttempt, isLatest } =
          steps.find((step) => step.index === index) ?? {};
        const payload = payloadsIn(each.payload.body)(each.payload.index);
        const entry = [{ ...each, payload, index: 0 }, attempt, attemptCount, attemptKind, itemAttempt, isLatest];
        return each.id === id ? [JSON.stringify(entry)] : [];
      });
      return ofId.sort().join();
    };
    fc.assert(
      fc.property(withIds, withIds, fc.integer({ min: 0, max: 7 }), (one, other, kept) => {
        // Mostly the same steps, like consecutive polls.
        const after = one.map((step, index) =>
          index < kept ? step : { ...(other[index] ?? step), index, id: step.id },
        );
        const ids = [...new Set(after.map(({ id }) => id))];
        expect(changedIds(one, after)).toEqual(ids.filter((id) => reported(one, id) !== reported(after, id)).sort());
      }),
      { numRuns: 300 },
    );
  });
});

describe('payloads with digests', () => {
  it('have the same changes as payloads without', () => {
    const withDigest = (step: StepFacts): StepFacts => {
      const { body, index } = step.payload;
      return { ...step, payload: { body, index, digest: digestOf(payloadsIn(body)(index)) } };
    };
    fc.assert(
      fc.property(arbitrarySteps, arbitrarySteps, fc.integer({ min: 0, max: 8 }), (one, other, kept) => {
        const after = one.map((step, index) => ({
          ...step,
          payload: (index < kept ? step : (other[index] ?? step)).payload,
        }));
        const expected = changedIds(one, after);
        expect(changedIds(one.map(withDigest), after)).toEqual(expected);
        expect(changedIds(one.map(withDigest), after.map(withDigest))).toEqual(expected);
      }),
    );
  });
});

describe('two lists of steps', () => {
  it('report missing steps', () => {
    const [a, b] = listed([ran('a', 0, 1), ran('b', 1, 2)]);
    expect(a && b && compared([a, b], [a])).toEqual({ changed: new Set(), hasFewer: true });
  });
});

describe('the steps changed since a state', () => {
  const { steps } = runOf([ran('a', 0, 1), ran('b', 1, 2), ran('c', 2, 3), ran('d', 3, 4)]);
  const ids = steps.map(({ id }) => id);

  it('are those that changed, or all if unknown', () => {
    fc.assert(
      fc.property(fc.array(fc.subarray(ids), { maxLength: 5 }), (later) => {
        const changed = [ids, ...later].map((each) => new Set(each));
        const changes = changed.reduce((known, each, i) => changesUpTo(known, steps, each, i + 1), NO_CHANGES);
        for (let since = 0; since <= changed.length; since += 1) {
          const expected = steps.filter(({ id }) => changed.slice(since).some((each) => each.has(id)));
          expect(changedSteps(steps, changes, since)).toEqual(expected);
        }
      }),
    );
  });

  it('include those without a known change', () => {
    const changes = changesUpTo(NO_CHANGES, steps.slice(0, 1), new Set(), 3);
    expect(changedSteps(steps, changes, 2)).toEqual(steps);
    expect(changedSteps(steps, changes, 3)).toEqual(steps.slice(1));
  });
});
