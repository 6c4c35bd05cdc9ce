import { describe, expect, it } from '@jest/globals';
import { runOf, runRecord, ran } from './facts.ts';
import type { JsonValue, StepFacts } from '../../src/domain/types.ts';

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
    const item = (start: number, end: number, status: string, inputs: JsonValue) =>
      ran('a', start, end, status, { inputs });
    expect(
      attemptsOf(item(0, 2, 'failed', { a: 1, b: 2 }), done(0, 3), item(2, 4, 'completed', { b: 2, a: 1 }))[2],
    ).toBe(0);
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

describe('items of a fan-out', () => {
  const item = (
    key: string | null,
    start: number,
    end: number | null,
    status: string,
    attempt: number | null = null,
    inputs?: string,
  ) => ran('a', start, end, status, { itemKey: key, itemAttempt: attempt, inputs });
  const remaining = (...steps: readonly StepFacts[]) =>
    runOf(steps, { record: runRecord({ rawStatus: 'failed' }) }).remainingFailures.map(({ index }) => index);

  it('Items that fail and succeed one after another are each their own, with and without item keys', () => {
    const outcome = (keys: readonly (string | null)[]) => [
      item(keys[0] ?? null, 0, 2, 'failed', null, '1'),
      item(keys[1] ?? null, 0, 3, 'completed', null, '2'),
      item(keys[2] ?? null, 2, 4, 'completed', null, '3'),
      item(keys[3] ?? null, 3, 5, 'failed', null, '4'),
    ];
    for (const steps of [outcome(['1', '2', '3', '4']), outcome([])]) {
      expect(attemptsOf(...steps)).toEqual(['FIRST', 'ITERATION', 'ITERATION', 'ITERATION']);
      expect(remaining(...steps)).toEqual([0, 3]);
    }
  });

  it('With item keys, an item is never the retry of another, even in a strict sequence', () => {
    const [first, second] = [item('1', 0, 1, 'failed'), item('2', 1, 2, 'completed')];
    expect(attemptsOf(first, second)).toEqual(['FIRST', 'ITERATION']);
    expect(remaining(first, second)).toEqual([0]);
    // Nothing distinguishes items without keys and inputs.
    expect(attemptsOf(item(null, 0, 1, 'failed'), item(null, 1, 2, 'completed'))).toEqual(['FIRST', 0]);
  });

  it('An item is retried while other items run, by its key alone', () => {
    const steps = [item('1', 0, 2, 'failed'), item('2', 0, 9, 'completed'), item('1', 3, 4, 'completed')];
    expect(attemptsOf(...steps)).toEqual(['FIRST', 'ITERATION', 0]);
    expect(attemptsOf(...steps.map((step) => ({ ...step, itemKey: null })))[2]).toBe('ITERATION');
  });

  it('The attempt that the upstream reports decides, whatever inputs and times say', () => {
    // The clocks of two workers differ.
    expect(attemptsOf(item('1', 0, 5, 'failed', 1), item('1', 4, 6, 'completed', 2))).toEqual(['FIRST', 0]);
    // A loop executes the item again.
    expect(attemptsOf(item('1', 0, 1, 'failed', 1, 'x'), item('1', 1, 2, 'done', 1, 'x'))).toEqual([
      'FIRST',
      'ITERATION',
    ]);
    // The first attempt is not listed.
    expect(attemptsOf(item('1', 0, 1, 'failed', 2), item('1', 1, 2, 'done', 3))).toEqual(['FIRST', 0]);
  });

  it('Without item keys, a reported attempt repeats a failure with its inputs, else the nearest one', () => {
    const first = [item(null, 0, 1, 'failed', 1, 'x'), item(null, 0, 1, 'failed', 1, 'y')];
    const second = [item(null, 2, 3, 'done', 2, 'x'), item(null, 2, 3, 'done', 2, 'z'), item(null, 2, 3, 'done', 2)];
    expect(attemptsOf(...first, ...second)).toEqual(['FIRST', 'ITERATION', 0, 1, 'ITERATION']);
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
