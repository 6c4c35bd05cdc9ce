import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  changedSteps,
  changesUpTo,
  compareSteps,
  NO_CHANGES,
  type ComparedSteps,
} from '../../src/domain/step/step-changes.ts';
import type { StepFacts } from '../../src/domain/types.ts';
import { createRun } from '../../src/domain/run/run.ts';
import { arbitrarySteps, EPOCH_MS, listed, ran, runFacts, runOf, valuesOf } from '../support/facts.ts';
import { resultOf } from '../support/generator.ts';

const compared = (before: readonly StepFacts[], after: readonly StepFacts[]): ComparedSteps =>
  resultOf(compareSteps(before, after));

const changedIds = (before: readonly StepFacts[], after: readonly StepFacts[]) =>
  [...compared(before, after).changed].sort();

describe('a step has changed', () => {
  const running = ran('model', 0, null, 'running', { id: 'a' });

  it.each<[string, Partial<Parameters<typeof ran>[4]>]>([
    ['status', { rawStatus: 'completed' }],
    ['end', { endTime: ran('x', 0, 7).endTime }],
    ['error', { error: 'no' }],
    ['elapsed time', { elapsedTime: 3 }],
    ['tokens', { tokens: 9 }],
    ['outputs', { outputs: { text: 'hello' } }],
    ['inputs', { inputs: [1] }],
    ['metadata', { metadata: 'x' }],
  ])('if the upstream tells another %s', (_, facts) => {
    expect(changedIds([running], [ran('model', 0, null, 'running', { id: 'a', ...facts })])).toEqual(['a']);
  });

  it('not by its position, nor by another reading of the same payload', () => {
    const two = listed([ran('a', 0, 1, 'completed', { outputs: { x: 1 } }), ran('b', 1, 2)]);
    const again = listed([ran('a', 0, 1, 'completed', { outputs: { x: 1 } }), ran('b', 1, 2)]).map((step, index) => ({
      ...step,
      index: 1 - index,
    }));
    expect(compared(two, again.reverse())).toEqual({ changed: new Set(), hasFewer: false });
    // Where two start together, the position alone says which attempt is the first.
    const tied = [ran('a', 0, 1, 'completed', { id: 'x' }), ran('a', 0, 1, 'completed', { id: 'y', index: 1 })];
    const swapped = tied.map((step, index) => ({ ...step, index: 1 - index }));
    expect(compared(tied, swapped)).toEqual({ changed: new Set(), hasFewer: false });
  });

  it('if another execution of its node changes which attempt it is, or how many there are', () => {
    const first = ran('model', 0, 1, 'failed', { id: 'first' });
    const other = ran('send', 0, 1, 'completed', { id: 'other', index: 1 });
    const retry = ran('model', 2, null, 'running', { id: 'retry', index: 2 });
    expect(changedIds([first, other], [first, other, retry])).toEqual(['first', 'retry']);
  });

  it('not by the clock: a running step is not told again', () => {
    expect(changedIds([running], [running])).toEqual([]);
    const changes = changesUpTo(NO_CHANGES, [running], new Set(['a']), 1);
    for (const now of [10, 20]) {
      const { steps } = createRun(runFacts({ steps: [running] }), EPOCH_MS + now * 1000);
      expect(steps).toMatchObject([{ durationMs: now * 1000, durationSource: 'LIVE' }]);
      expect(changedSteps(steps, changes, 1)).toEqual([]);
    }
  });

  it('together with all of the same id', () => {
    const twin = (end: number | null) => ran('model', 5, end, 'running', { id: 'a', index: 1 });
    expect(changedIds([running, twin(null)], [running, twin(6)])).toEqual(['a']);
    expect(changedIds([running, twin(null)], [running])).toEqual(['a']);
    const unstarted = ran('model', null, null, 'queued', { id: 'a', index: 2 });
    fc.assert(
      fc.property(fc.shuffledSubarray([running, twin(6), unstarted], { minLength: 3 }), (shuffled) => {
        expect(changedIds([running, twin(6), unstarted], shuffled)).toEqual([]);
      }),
    );
  });

  it('says when some are gone', () => {
    expect(compared(listed([running, ran('b', 1, 2)]), [{ ...running, id: 'step-0' }])).toEqual({
      changed: new Set(),
      hasFewer: true,
    });
  });

  it('exactly where its facts or its place among the attempts differ', () => {
    const withIds = arbitrarySteps({ maxLength: 8 }).map((steps) =>
      steps.map((step, index) => ({ ...step, id: `s${index % 6}` })),
    );
    const told = (steps: readonly StepFacts[], id: string) =>
      JSON.stringify(
        runOf(steps)
          .steps.flatMap(({ index }) => steps.slice(index, index + 1).map((facts) => ({ facts, index })))
          .filter(({ facts }) => facts.id === id)
          .map(({ facts, index }) => {
            const step = runOf(steps).steps.find((one) => one.index === index);
            return [
              { ...facts, payload: valuesOf(facts.payload), index: 0 },
              step?.attempt,
              step?.attemptCount,
              step?.attemptKind,
            ];
          })
          .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      );
    fc.assert(
      fc.property(withIds, withIds, fc.integer({ min: 0, max: 7 }), (one, other, kept) => {
        // Mostly the same steps, as polls bring them.
        const after = one.map((step, index) =>
          index < kept ? step : { ...(other[index] ?? step), index, id: step.id },
        );
        const ids = new Set(after.map(({ id }) => id));
        const expected = [...ids].filter((id) => told(one, id) !== told(after, id)).sort();
        expect(changedIds(one, after)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the steps that have changed since a state', () => {
  it('are those that changed in a later one, and all since the beginning', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 1, 2), ran('c', 2, 3), ran('d', 3, 4)]);
    const ids = steps.map(({ id }) => id);
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

  it('are those, too, of which nothing is known yet', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 1, 2)]);
    const changes = changesUpTo(NO_CHANGES, steps.slice(0, 1), new Set(), 3);
    expect(changedSteps(steps, changes, 2)).toEqual(steps);
    expect(changedSteps(steps, changes, 3)).toEqual(steps.slice(1));
  });
});
