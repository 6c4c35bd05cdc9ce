import { describe, expect, it } from '@jest/globals';
import { compareRuns } from '../../src/domain/run/comparison.ts';
import { failureGroups } from '../../src/domain/run/failure-groups.ts';
import { latestAttempts } from '../../src/domain/step/attempts.ts';
import type { StepFacts } from '../../src/domain/types.ts';
import { atSecond, ran, runOf, runRecord } from '../support/facts.ts';

const kindsOf = (...steps: Parameters<typeof runOf>[0]) => runOf(steps).steps.map((step) => step.attemptKind);

describe('attempts', () => {
  it('are numbered for each node by start, whatever the order of the list', () => {
    const { steps } = runOf([ran('b', 3, 4), ran('a', 5, 6), ran('a', 1, 2), ran('a', 3, 4)]);
    expect(steps.map((step) => [step.nodeId, step.attempt, step.attemptCount])).toEqual([
      ['a', 1, 3],
      ['b', 1, 1],
      ['a', 2, 3],
      ['a', 3, 3],
    ]);
  });

  it('are retries where the one before had failed by their start', () => {
    expect(kindsOf(ran('a', 0, 2, 'failed'), ran('a', 2, 3), ran('a', 4, 5))).toEqual(['FIRST', 'RETRY', 'ITERATION']);
  });

  it('are iterations where the one before failed later, or did not fail', () => {
    expect(kindsOf(ran('a', 0, 2, 'failed'), ran('a', 1.9, 3))).toEqual(['FIRST', 'ITERATION']);
    expect(kindsOf(ran('a', 0, 2, 'cancelled'), ran('a', 2, 3))).toEqual(['FIRST', 'ITERATION']);
  });

  it('look at the one right before alone', () => {
    const kinds = kindsOf(ran('a', 0, 5, 'failed'), ran('a', 1, 2), ran('a', 6, 7));
    expect(kinds).toEqual(['FIRST', 'ITERATION', 'ITERATION']);
  });

  it('are retries too where the end is only known from the elapsed seconds', () => {
    const failed = ran('a', 0, null, 'failed', { elapsedTime: 2 });
    expect(kindsOf(failed, ran('a', 2, 3))).toEqual(['FIRST', 'RETRY']);
    expect(kindsOf(failed, ran('a', 1.5, 3))).toEqual(['FIRST', 'ITERATION']);
    const before1970 = ran('a', -2e9, null, 'failed', { elapsedTime: 2 });
    expect(kindsOf(before1970, ran('a', 2, 3))).toEqual(['FIRST', 'RETRY']);
  });

  it('are no proven retries where the end of the failure is unknown', () => {
    for (const elapsedTime of [null, -1]) {
      expect(kindsOf(ran('a', 0, null, 'failed', { elapsedTime }), ran('a', 2, 3))).toEqual(['FIRST', 'ITERATION']);
    }
  });

  it('without a start stand where they ended, without either last', () => {
    const attemptsOf = (...steps: Parameters<typeof runOf>[0]) =>
      runOf(steps)
        .steps.toSorted((a, b) => a.attempt - b.attempt)
        .map((step) => [step.index, step.attemptKind, step.previousAttempt?.index ?? null]);
    expect(attemptsOf(ran('a', null, null), ran('a', 4, 5), ran('a', null, 3), ran('a', 0, 2, 'failed'))).toEqual([
      [3, 'FIRST', null],
      [2, 'RETRY', 3],
      [1, 'ITERATION', 2],
      [0, 'ITERATION', 1],
    ]);
  });

  it('without a start are retries where the failure had ended by their place', () => {
    expect(kindsOf(ran('a', 0, 2, 'failed'), ran('a', null, null, 'queued'))).toEqual(['FIRST', 'RETRY']);
    expect(kindsOf(ran('a', 0, 2, 'failed'), ran('a', null, null))).toEqual(['FIRST', 'RETRY']);
    expect(kindsOf(ran('a', 0, 2, 'failed'), ran('a', null, 1))).toEqual(['FIRST', 'ITERATION']);
    expect(kindsOf(ran('a', 0, null, 'failed'), ran('a', null, null))).toEqual(['FIRST', 'ITERATION']);
  });

  it('after a failure whose end lies before its start are retries only where its length is known', () => {
    expect(kindsOf(ran('a', 5, 3, 'failed'), ran('a', 6, 7))).toEqual(['FIRST', 'ITERATION']);
    expect(kindsOf(ran('a', 5, 3, 'failed', { elapsedTime: 1 }), ran('a', 6, 7))).toEqual(['FIRST', 'RETRY']);
  });

  it('link to the step before, of the same run', () => {
    const { steps } = runOf([ran('a', 0, 1, 'failed'), ran('a', 1, 2, 'failed'), ran('a', 2, 3)]);
    expect(steps.map((step) => step.previousAttempt)).toEqual([null, steps[0], steps[1]]);
    expect(steps[2]?.previousAttempt).toBe(steps[1]);
  });

  it('that failed are superseded by a retry, not by an iteration', () => {
    const superseded = (...steps: Parameters<typeof runOf>[0]) => runOf(steps).steps.map((step) => step.isSuperseded);
    expect(superseded(ran('a', 0, 1, 'failed'), ran('a', 1, 2, 'failed'))).toEqual([true, false]);
    expect(superseded(ran('a', 0, 2, 'failed'), ran('a', 1, 3))).toEqual([false, false]);
  });
});

describe('the latest execution of a node', () => {
  const queued = ran('a', null, null, 'queued');
  it.each<readonly [string, string, number, readonly StepFacts[]]>([
    ['the last of a loop', 'COMPLETED', 1, [ran('a', 0, 1, 'failed'), ran('a', 1, 2)]],
    [
      'the last, whatever ran together before',
      'COMPLETED',
      2,
      [ran('a', 0, 5, 'failed'), ran('a', 1, 2), ran('a', 5, 7)],
    ],
    ['the last after a failure without a known end', 'COMPLETED', 1, [ran('a', 0, null, 'failed'), ran('a', 2, 3)]],
    [
      'the last after one that says running and has an end',
      'COMPLETED',
      1,
      [ran('a', 0, 2, 'running'), ran('a', 2, 3)],
    ],
    ['a failure beside the last', 'FAILED', 0, [ran('a', 0, 5, 'failed'), ran('a', 1, 2), ran('a', 4.9, 7)]],
    ['the last failure', 'FAILED', 1, [ran('a', 0, 5, 'failed'), ran('a', 1, 6, 'failed'), ran('a', 2, 7)]],
    [
      'one that runs beside the last',
      'RUNNING',
      1,
      [ran('a', 0, 5, 'failed'), ran('a', 1, null, 'running'), ran('a', 2, 3)],
    ],
    ['one that runs for longer', 'RUNNING', 0, [ran('a', 0, null, 'running', { elapsedTime: 1 }), ran('a', 2, 3)]],
    ['one that runs and ends before it starts', 'RUNNING', 0, [ran('a', 2, 1, 'running'), ran('a', 3, 4)]],
    ['one that waits', 'RUNNING', 0, [queued, ran('a', 0, 1)]],
    ['one that runs beside one without a time', 'RUNNING', 1, [ran('a', null, null), ran('a', 0, null, 'running')]],
    ['the last beside one that was cancelled', 'COMPLETED', 1, [ran('a', 0, 5, 'cancelled'), ran('a', 1, 2)]],
  ])('is %s: %s', (_, status, index, steps) => {
    const run = runOf(steps);
    expect(run.status).toBe(status);
    expect(latestAttempts(run.steps, run.isFinished).map((step) => step.index)).toEqual([index]);
    expect(run.progress.finished).toBe(status === 'RUNNING' ? 0 : 1);
    const { nodes } = compareRuns(runOf([ran('a', 0, 1)]), run);
    expect(nodes.map(({ headStep }) => headStep?.index)).toEqual([index]);
    expect(failureGroups([{ record: runRecord(), run }])[0]?.nodeId).toBe(status === 'FAILED' ? 'a' : null);
  });

  it.each<readonly [string, string, number, readonly StepFacts[]]>([
    ['the last failure', 'BROKE', 1, [ran('a', 0, null, 'running'), ran('a', 1, 2, 'failed')]],
    ['a failure next to the last', 'BROKE', 0, [ran('a', 0, 5, 'failed'), ran('a', 1, null, 'running')]],
    ['the last', 'UNCHANGED', 1, [ran('a', 0, null, 'running'), ran('a', 1, 2)]],
    ['the last, which says running', 'STATUS_CHANGED', 1, [ran('a', 0, 1, 'failed'), ran('a', 1, null, 'running')]],
  ])('in a run that is over is %s: %s', (_, change, index, steps) => {
    const record = runRecord({ rawStatus: 'failed' });
    const run = runOf(steps, { record });
    const { nodes } = compareRuns(runOf([ran('a', 0, 1)]), run);
    expect(nodes.map((node) => [node.change, node.headStep?.index])).toEqual([[change, index]]);
    expect(failureGroups([{ record, run }])[0]?.nodeId).toBe(change === 'BROKE' ? 'a' : null);
    expect(run.progress.finished).toBe(change === 'STATUS_CHANGED' ? 0 : 1);
  });
});

describe('repeatedNodes', () => {
  it('tells retries and the time lost to failures', () => {
    const run = runOf([
      ran('once', 0, 1),
      ran('b', 1, 3, 'failed'),
      ran('b', 3, 4.5, 'failed'),
      ran('b', 5, 6),
      ran('loop', 6, 7),
      ran('loop', 7, 8, 'failed'),
    ]);
    expect(run.repeatedNodes).toEqual([
      { nodeId: 'b', attempts: run.steps.slice(1, 4), retryCount: 2, wastedMs: 3500 },
      { nodeId: 'loop', attempts: run.steps.slice(4), retryCount: 0, wastedMs: 0 },
    ]);
    expect(run.timing.wastedMs).toBe(3500);
  });

  it('follow the place of their first execution', () => {
    const run = runOf([ran('late', 2, 3), ran('late', 4, 5), ran('early', 6, 7), ran('early', null, 1)]);
    expect(run.repeatedNodes.map(({ nodeId, attempts }) => [nodeId, ...attempts.map((step) => step.index)])).toEqual([
      ['early', 3, 2],
      ['late', 0, 1],
    ]);
  });

  it('is empty where every node ran once', () => {
    expect(runOf([ran('a', 0, 1), ran('b', 0, 1)]).repeatedNodes).toEqual([]);
  });
});

describe('whole seconds', () => {
  it('let a retry start in the second in which the failure ended', () => {
    const failed = ran('a', 0, null, 'failed', { endTime: atSecond(2) });
    expect(kindsOf(failed, ran('a', null, 5, 'completed', { startTime: atSecond(2) }))).toEqual(['FIRST', 'RETRY']);
  });
});
