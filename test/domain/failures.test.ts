import { describe, expect, it } from '@jest/globals';
import { slowestSteps } from '../../src/domain/step/failures.ts';
import type { StepFacts } from '../../src/domain/types.ts';
import { ran, runOf, runRecord } from '../support/facts.ts';

describe('failedSteps', () => {
  it('come by end, then start, then index, and unknown ends last', () => {
    const { failedSteps } = runOf([
      ran('unknown', 0, null, 'failed'),
      ran('late', 0, 9, 'failed'),
      ran('fine', 0, 1),
      ran('short', 4, 5, 'failed'),
      ran('long', 1, 5, 'failed'),
      ran('twin', 1, 5, 'failed'),
      ran('elapsed', 2, null, 'error', { elapsedTime: 1 }),
    ]);
    expect(failedSteps.map((step) => step.nodeId)).toEqual(['elapsed', 'long', 'twin', 'short', 'late', 'unknown']);
  });

  it.each<readonly [string, readonly number[], readonly StepFacts[]]>([
    ['without a retry', [0, 1], [ran('a', 0, 1, 'failed'), ran('b', 0, 3, 'failed')]],
    ['the failed retry', [1], [ran('a', 0, 1, 'failed'), ran('a', 1, 2, 'failed')]],
    ['none before the last execution', [], [ran('a', 0, 10, 'failed'), ran('a', 0, 20), ran('a', 21, 28)]],
    ['none before a retry that runs', [], [ran('a', 0, 1, 'failed'), ran('a', 1, null, 'running')]],
    [
      'one that ended after the last execution began',
      [0],
      [ran('a', 0, 10, 'failed'), ran('a', 1, 2), ran('a', 9, 28)],
    ],
    ['none without a known end before the last', [], [ran('a', 0, null, 'failed'), ran('a', 1, 2)]],
  ])('that remain when the last execution of their node begins: %s', (_, remaining, steps) => {
    for (const record of [null, runRecord({ rawStatus: 'failed' })]) {
      const run = runOf(steps, { record });
      expect(run.remainingFailures.map((step) => step.index)).toEqual(remaining);
    }
  });
});

describe('slowestSteps', () => {
  it('come longest first, and leave out what has no known duration', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 1, 4), ran('c', 2, 5), ran('d', 0, null)]);
    expect(slowestSteps(steps, 10).map((step) => step.nodeId)).toEqual(['b', 'c', 'a']);
    expect(slowestSteps(steps, 1).map((step) => step.nodeId)).toEqual(['b']);
    expect(slowestSteps(steps, -1)).toEqual([]);
  });

  it('are put in order once for a run, under however many aliases', () => {
    let readings = 0;
    const steps = runOf([ran('a', 0, 1), ran('b', 1, 4)]).steps.map((step) => ({
      ...step,
      get durationMs() {
        readings += 1;
        return step.durationMs;
      },
    }));
    const nodesOf = (first: number) => slowestSteps(steps, first).map((step) => step.nodeId);
    expect(nodesOf(1)).toEqual(['b']);
    const before = readings;
    expect([nodesOf(2), nodesOf(1)]).toEqual([['b', 'a'], ['b']]);
    expect(readings).toBe(before);
  });
});
