import { describe, expect, it } from '@jest/globals';
import { selectSteps } from '../../src/domain/step/steps.ts';
import { at, ran, runOf, runRecord } from '../support/facts.ts';

describe('steps', () => {
  it('come by start, then index, and those without a start last', () => {
    const { steps } = runOf([ran('d', null, null, 'queued'), ran('b', 2, 3), ran('c', 2, 2.5), ran('a', 1, 2)]);
    expect(steps.map((step) => step.nodeId)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are finished by their status, or by an end where the status is unknown', () => {
    const { steps } = runOf([ran('a', 0, 1, 'hm'), ran('b', 0, null, 'hm'), ran('c', 0, 1, 'running')]);
    expect(steps.map((step) => step.isFinished)).toEqual([true, false, false]);
  });

  it('stay completed with an error', () => {
    expect(runOf([ran('a', 0, 1, 'completed', { error: 'boom' })]).steps[0]?.status).toBe('COMPLETED');
  });

  it('tell where in the run they start', () => {
    const { steps } = runOf([ran('a', 1.5, 2), ran('b', 4, 5), ran('c', null, null, 'queued')]);
    expect(steps.map((step) => step.offsetMs)).toEqual([0, 2500, null]);
  });

  it('have no error where the text says that there is none', () => {
    const errors = ['boom', '{}', '  ', 'null', '[]', '""', ''];
    const { steps } = runOf(errors.map((error) => ran('a', 0, 1, 'failed', { error })));
    expect(steps.map((step) => step.error)).toEqual(['boom', null, null, null, null, null, null]);
    expect(runOf([], { record: runRecord({ error: '{}' }) }).error).toBeNull();
  });

  it('count from the first of them where that starts before the run', () => {
    const { steps } = runOf([ran('a', -0.5, 2), ran('b', 2, 3)], { record: runRecord() });
    expect(steps.map((step) => [step.offsetMs, step.gapBeforeMs])).toEqual([
      [0, 0],
      [2500, 0],
    ]);
  });

  it('have no place in the run where they start more than a day outside', () => {
    const day = 86_400;
    const steps = [ran('a', -day - 1, 1), ran('b', -day, 0), ran('c', 1, 2), ran('d', 10 + day, null, 'queued')];
    const run = runOf([...steps, ran('e', 11 + day, null)], { record: runRecord() });
    expect(run.steps.map((step) => [step.nodeId, step.offsetMs, step.gapBeforeMs])).toEqual([
      ['a', null, null],
      ['b', 0, 0],
      ['c', day * 1000 + 1000, 1000],
      ['d', 2 * day * 1000 + 10_000, day * 1000 + 8000],
      ['e', null, null],
    ]);
  });

  it('tell the gap since the latest end of those that started before', () => {
    const { steps } = runOf([ran('a', 1, 2), ran('b', 1.5, 4), ran('c', 3, 3.5), ran('d', 4.25, 5), ran('e', 6, 7)], {
      record: runRecord(),
    });
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([1000, 0, 0, 250, 1000]);
  });

  it('tell the gap from the first step on where the record starts later', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 5, 6)], {
      record: runRecord({ startTime: at(4), endTime: at(8) }),
    });
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([0, 4000]);
  });

  it('tell no gap while one of those before still ran, though its run is over', () => {
    const record = runRecord({ endTime: null });
    const running = ran('b', 3, null, 'running');
    const { steps } = runOf([ran('a', 0, 1), running, ran('c', 5, null, 'completed', { elapsedTime: 2 })], { record });
    expect(steps.map((step) => [step.clockSkewDetected, step.gapBeforeMs])).toEqual([
      [false, 0],
      [false, 2000],
      [false, 0],
    ]);
    const endless = runOf([ran('a', 0, null, 'running'), ran('b', 5, null)], { record });
    expect(endless.steps.map((step) => step.gapBeforeMs)).toEqual([0, 0]);
  });

  it('tell the gap that the timeline has after one that says running and ends before it starts', () => {
    const { steps, timeline } = runOf([ran('a', 0, 1), ran('b', 3, 2, 'running'), ran('c', 5, 6)], {
      record: runRecord(),
    });
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([0, 2000, 4000]);
    expect(timeline.gaps[0]).toEqual({ offsetMs: 1000, durationMs: 4000 });
  });

  it('tell the gap since the last known end where one is not known', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 3, null), ran('c', 5, 6)]);
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([0, 2000, 4000]);
  });

  it('tell the same gap to all that start together', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 3, 9), ran('c', 3, 4), ran('d', 3, 3)]);
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([0, 2000, 2000, 2000]);
  });

  it('tell their share of the wall clock, at most 1', () => {
    const { steps } = runOf([ran('a', 0, 2.5), ran('b', 0, 20), ran('c', 5, null)], { record: runRecord() });
    expect(steps.map((step) => step.shareOfRun)).toEqual([0.25, 1, null]);
    expect(runOf([ran('a', 1, 1)]).steps[0]?.shareOfRun).toBeNull();
  });

  it('are counted by status', () => {
    const words = ['queued', 'running', 'running', 'completed', 'failed', 'cancelled', 'skipped', 'hm', 'hm'];
    const { stepCounts } = runOf(words.map((word) => ran('a', 0, 1, word)));
    expect(stepCounts).toEqual({
      total: 9,
      pending: 1,
      running: 2,
      completed: 1,
      failed: 1,
      cancelled: 1,
      skipped: 1,
      unknown: 2,
    });
  });
});

describe('selectSteps', () => {
  const all = () =>
    runOf([
      ran('b', 0, 5),
      ran('a', 1, 2, 'failed'),
      ran('c', 2, 3),
      ran('b', 3, 4, 'failed'),
      ran('a', null, null, 'queued'),
    ]).steps;
  const places = (...args: [Parameters<typeof selectSteps>[1]?, Parameters<typeof selectSteps>[2]?]) =>
    selectSteps(all(), args[0], args[1]).map((step) => step.index);

  it('passes all on without a filter', () => {
    expect(places()).toEqual([0, 1, 2, 3, 4]);
    expect(places({ status: null, nodeId: null, failedOnly: null })).toEqual([0, 1, 2, 3, 4]);
    const steps = all();
    expect(selectSteps(steps, null, null)).toBe(steps);
  });

  it('asks every condition', () => {
    expect(places({ status: ['COMPLETED', 'PENDING'] })).toEqual([0, 2, 4]);
    expect(places({ nodeId: ['a', 'b'] })).toEqual([0, 1, 3, 4]);
    expect(places({ failedOnly: true })).toEqual([1, 3]);
    expect(places({ nodeId: ['b'], failedOnly: true })).toEqual([3]);
    expect(places({ status: [] })).toEqual([]);
  });

  it('reads a list of nodes once, however many runs it is put to', () => {
    let readings = 0;
    const nodeId = ['a', 'b'];
    nodeId[Symbol.iterator] = () => {
      readings += 1;
      return ['a', 'b'].values();
    };
    for (let run = 0; run < 3; run += 1) {
      const steps = selectSteps(runOf([ran('a', 0, 1), ran('c', 1, 2)]).steps, { nodeId }, null);
      expect(steps.map((step) => step.nodeId)).toEqual(['a']);
    }
    expect(readings).toBe(1);
  });

  it('orders in both directions, with ties in their own order and unknowns last', () => {
    expect(places(null, { field: 'DURATION', direction: 'ASC' })).toEqual([1, 2, 3, 0, 4]);
    expect(places(null, { field: 'DURATION', direction: 'DESC' })).toEqual([0, 1, 2, 3, 4]);
    expect(places(null, { field: 'START_TIME', direction: 'DESC' })).toEqual([3, 2, 1, 0, 4]);
    expect(places(null, { field: 'NODE_ID', direction: 'ASC' })).toEqual([1, 4, 0, 3, 2]);
    expect(places(null, { field: 'NODE_ID', direction: 'DESC' })).toEqual([2, 0, 3, 1, 4]);
  });
});
