import { describe, expect, it } from '@jest/globals';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import { at, atSecond, ran, runOf, runRecord, stepFacts } from '../support/facts.ts';

/** The duration of the only step of a run, as of second 100. */
function durationOf(...step: Parameters<typeof ran>) {
  const [only] = runOf([ran(...step)]).steps;
  return [only?.durationMs, only?.durationSource, only?.clockSkewDetected];
}

describe('the duration of a step', () => {
  it('is exact to the microsecond, as in the published example', () => {
    const facts = stepFacts({
      startTime: parseTimestamp('2025-03-13T02:41:15.144470Z'),
      endTime: parseTimestamp('2025-03-13T02:41:17.382162Z'),
      elapsedTime: 2,
    });
    expect(runOf([facts]).steps[0]).toMatchObject({ durationMs: 2237.692, durationSource: 'TIMESTAMPS' });
  });

  it('is read from both timestamps, whatever else is told', () => {
    expect(durationOf('a', 1, 3.5, 'completed', { elapsedTime: 9 })).toEqual([2500, 'TIMESTAMPS', false]);
    expect(durationOf('a', 1, 3.5, 'running')).toEqual([2500, 'TIMESTAMPS', false]);
    expect(durationOf('a', 1, 1)).toEqual([0, 'TIMESTAMPS', false]);
  });

  it('is the elapsed seconds of a finished step that lacks a time', () => {
    expect(durationOf('a', 1, null, 'completed', { elapsedTime: 2 })).toEqual([2000, 'ELAPSED_SECONDS', false]);
    expect(durationOf('a', null, 5, 'failed', { elapsedTime: 2 })).toEqual([2000, 'ELAPSED_SECONDS', false]);
  });

  it('counts up while the step runs, whatever its elapsed seconds', () => {
    expect(durationOf('a', 97.5, null, 'running', { elapsedTime: 2 })).toEqual([2500, 'LIVE', false]);
    expect(durationOf('a', 97.5, null, 'running', { elapsedTime: 0 })).toEqual([2500, 'LIVE', false]);
    expect(durationOf('a', 97.5, null, 'no such word')).toEqual([2500, 'LIVE', false]);
  });

  it('does not count up while the step only waits, for a planned start is no time spent', () => {
    expect(durationOf('a', 97.5, null, 'queued')).toEqual([null, 'NONE', false]);
    expect(durationOf('a', 101, null, 'queued')).toEqual([null, 'NONE', false]);
  });

  it('is under a second where a finished step reports 0 seconds', () => {
    expect(durationOf('a', 1, null, 'completed', { elapsedTime: 0 })).toEqual([0, 'ELAPSED_SECONDS', false]);
    expect(durationOf('a', null, null, 'skipped', { elapsedTime: 0 })).toEqual([0, 'ELAPSED_SECONDS', false]);
  });

  it('is null where nothing tells', () => {
    expect(durationOf('a', 1, null)).toEqual([null, 'NONE', false]);
    expect(durationOf('a', null, null, 'running', { elapsedTime: 0 })).toEqual([null, 'NONE', false]);
    const before1970 = -2e9;
    expect(durationOf('a', null, before1970)).toEqual([null, 'NONE', false]);
  });

  it('is never negative: an end before the start leaves the elapsed seconds', () => {
    expect(durationOf('a', 5, 3, 'completed', { elapsedTime: 2 })).toEqual([2000, 'ELAPSED_SECONDS', true]);
    expect(durationOf('a', 5, 3, 'completed', { elapsedTime: 0 })).toEqual([0, 'ELAPSED_SECONDS', true]);
    expect(durationOf('a', 5, 3, 'running', { elapsedTime: null })).toEqual([null, 'NONE', true]);
  });

  it('tells skew where a running step starts after now', () => {
    expect(durationOf('a', 101, null, 'running', { elapsedTime: 2 })).toEqual([2000, 'ELAPSED_SECONDS', true]);
    expect(durationOf('a', 101, null, 'running', { elapsedTime: 0 })).toEqual([null, 'NONE', true]);
    expect(durationOf('a', 101, 103, 'running')).toEqual([null, 'NONE', true]);
    expect(durationOf('a', 101, 103)).toEqual([2000, 'TIMESTAMPS', false]);
    expect(durationOf('a', 100, null, 'running')).toEqual([0, 'LIVE', false]);
  });

  it('ignores negative seconds and those beyond 2^53', () => {
    expect(durationOf('a', 1, null, 'completed', { elapsedTime: -3 })).toEqual([null, 'NONE', false]);
    expect(durationOf('a', 1, null, 'completed', { elapsedTime: 3e9 })).toEqual([3e12, 'ELAPSED_SECONDS', false]);
    const most = Number.MAX_SAFE_INTEGER;
    expect(durationOf('a', 1, null, 'completed', { elapsedTime: most })).toEqual([
      most * 1000,
      'ELAPSED_SECONDS',
      false,
    ]);
    expect(durationOf('a', 1, null, 'completed', { elapsedTime: 1e308 })).toEqual([null, 'NONE', false]);
  });

  it('of a step that a finished run left behind ends with the run', () => {
    for (const elapsedTime of [null, 0, 4]) {
      const run = runOf([ran('a', 4, null, 'running', { elapsedTime })], { record: runRecord(), now: 5000 });
      expect(run.steps[0]).toMatchObject({ durationMs: 6000, durationSource: 'LIVE' });
    }
  });

  it('of a step that a finished run left behind ends with the last known end where the run names none', () => {
    const record = runRecord({ endTime: null });
    const steps = [ran('a', 4, null, 'running'), ran('b', 0, 3), ran('c', 5, null, 'completed', { elapsedTime: 2 })];
    expect(runOf(steps, { record }).steps.map((step) => step.durationMs)).toEqual([3000, 3000, 2000]);
  });

  it('of a step that started after the end of its run is 0, without skew', () => {
    const run = runOf([ran('a', 12, null, 'running')], { record: runRecord() });
    expect(run.steps[0]).toMatchObject({ durationMs: 0, durationSource: 'LIVE', clockSkewDetected: false });
    const endless = runOf([ran('a', 0, 1), ran('b', 4, null, 'running')], { record: runRecord({ endTime: null }) });
    expect(endless.steps[1]).toMatchObject({ durationMs: 0, durationSource: 'LIVE', clockSkewDetected: false });
  });

  it('of a step that a finished run left behind is not known where no end is', () => {
    const run = runOf([ran('a', 4, null, 'running')], { record: runRecord({ endTime: null }) });
    expect(run.steps[0]).toMatchObject({ durationMs: null, durationSource: 'NONE', clockSkewDetected: false });
  });
});

describe('the last end', () => {
  it('is written as the upstream wrote it, or computed', () => {
    const written = ran('a', 0, null, 'completed', { endTime: atSecond(2) });
    const computed = ran('b', 0, null, 'completed', { elapsedTime: 1 });
    expect(runOf([written, computed]).endedAt).toBe(written.endTime);
    expect(runOf([computed]).endedAt).toEqual(at(1));
  });
});

describe('totalElapsedTime', () => {
  it('adds up whole seconds of all steps, parallel ones too, and counts unknown ones 0', () => {
    const seconds = [2, 3, null, 0, -4, 1.9];
    expect(runOf(seconds.map((elapsedTime) => stepFacts({ elapsedTime }))).totalElapsedTime).toBe(6);
  });

  it('is exact beyond the range of an Int', () => {
    const facts = stepFacts({ elapsedTime: 2_000_000_001 });
    expect(runOf([facts, facts]).totalElapsedTime).toBe(4_000_000_002);
  });
});
