import { describe, expect, it } from '@jest/globals';
import { runOf, runRecord, ran } from './facts.ts';
import type { StepFacts } from '../../src/domain/types.ts';

/** The kind of each execution, or the position of the failure that it repeats. */
const attemptsOf = (...steps: readonly StepFacts[]): readonly (string | number)[] =>
  runOf(steps)
    .steps.toSorted((a, b) => a.index - b.index)
    .map(({ attemptKind, previousAttempt }) => previousAttempt?.index ?? attemptKind);

const failed = (start: number | null, end: number | null, inputs?: string) =>
  ran('a', start, end, 'failed', { inputs });
const done = (start: number | null, end: number | null, inputs?: string) =>
  ran('a', start, end, 'completed', { inputs });

describe('attempts', () => {
  it('An execution repeats the failure before it if the executions of its node never overlap', () => {
    expect(attemptsOf(failed(0, 1), failed(1, 2), done(2, 3), done(3, 4))).toEqual(['FIRST', 0, 1, 'ITERATION']);
    expect(attemptsOf(failed(0, 1, 'x'), done(1, 2, 'y'))).toEqual(['FIRST', 0]);
  });

  it('In a node whose executions overlap, only equal inputs show a retry', () => {
    expect(attemptsOf(failed(0, 2), done(0, 3), done(2, 4))).toEqual(['FIRST', 'ITERATION', 'ITERATION']);
    expect(attemptsOf(failed(0, 2, 'x'), done(0, 3, 'y'), done(2, 4, 'x'))).toEqual(['FIRST', 'ITERATION', 0]);
    // A later overlap counts too.
    expect(attemptsOf(failed(0, 1), done(1, 2), done(3, 5), done(4, 6))[1]).toBe('ITERATION');
  });

  it('An execution repeats the nearest failure with its inputs, and no failure is repeated twice', () => {
    const twice = [failed(0, 1, 'x'), failed(0, 2, 'x'), done(0, 3, 'y')];
    expect(attemptsOf(...twice, done(4, 5, 'x'), done(4, 5, 'x'), done(4, 5, 'x'))).toEqual([
      'FIRST',
      'ITERATION',
      'ITERATION',
      1,
      0,
      'ITERATION',
    ]);
    expect(attemptsOf(failed(0, 1, 'x'), failed(1, 2, 'y'), done(2, 3, 'x'))).toEqual(['FIRST', 0, 1]);
  });

  it('A failure is repeated only by an execution that began after its known end', () => {
    expect(attemptsOf(failed(0, 2, 'x'), done(1, 3, 'x'))).toEqual(['FIRST', 'ITERATION']);
    expect(attemptsOf(failed(0, null, 'x'), done(1, 3, 'x'))).toEqual(['FIRST', 'ITERATION']);
  });

  it('Only the failures that a retry repeats are superseded, and their durations are wasted', () => {
    const { failedSteps, remainingFailures, timing } = runOf([
      failed(0, 2, 'x'),
      failed(0, 3, 'y'),
      done(1, 4, 'z'),
      done(4, 5, 'y'),
    ]);
    expect(failedSteps.map(({ index }) => index)).toEqual([0, 1]);
    expect(remainingFailures.map(({ index }) => index)).toEqual([0]);
    expect(timing.wastedMs).toBe(3000);
  });

  it('A run that failed by its record, without an error, lists superseded failures', () => {
    const steps = [failed(0, 1), done(1, 2)];
    const failuresOf = (status: string, error: string | null) =>
      runOf(steps, { record: runRecord({ rawStatus: status, error }) }).remainingFailures.length;
    expect([failuresOf('failed', null), failuresOf('failed', '{}')]).toEqual([1, 1]);
    expect([failuresOf('failed', 'no budget'), failuresOf('completed', null)]).toEqual([0, 0]);
  });
});

describe('the latest execution of a node', () => {
  const latestOf = (steps: readonly StepFacts[], isOver: boolean) =>
    runOf(steps, { record: runRecord({ rawStatus: isOver ? 'failed' : 'running' }) }).steps.find(
      ({ isLatest }) => isLatest,
    )?.index;
  const running = (start: number, end: number | null = null) => ran('a', start, end, 'running');

  it('It is unfinished while the run is not over, else failed, else the last one', () => {
    expect(latestOf([failed(0, 2), running(0), done(2, 4)], false)).toBe(1);
    expect(latestOf([failed(0, 2), running(0), done(2, 4), done(2, 5)], true)).toBe(0);
    expect(latestOf([done(0, 2), done(0, 3)], true)).toBe(1);
  });

  it('It is not a step that says it runs but had ended when the last one began', () => {
    expect(latestOf([running(0, 1), done(1, 2)], false)).toBe(1);
    expect(latestOf([running(0, 2), done(1, 2)], false)).toBe(0);
    expect(latestOf([done(0, 1), running(1, 1)], false)).toBe(1);
  });
});
