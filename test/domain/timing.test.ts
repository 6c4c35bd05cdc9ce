import { describe, expect, it } from '@jest/globals';
import { at, ran, runOf, runRecord } from '../support/facts.ts';

describe('timing', () => {
  it('of parallel and idle stretches', () => {
    // 0–4 and 1–3 overlap, 6–8 stands alone; the run lasts from 0 to 10.
    const { timing } = runOf([ran('a', 0, 4), ran('b', 1, 3), ran('c', 6, 8)], { record: runRecord() });
    expect(timing).toMatchObject({
      totalDurationMs: 8000,
      wallClockMs: 10_000,
      busyMs: 6000,
      idleMs: 4000,
      wastedMs: 0,
      maxConcurrency: 2,
      parallelism: 8 / 6,
    });
  });

  it('sums without rounding noise', () => {
    const { timing } = runOf([ran('a', 0, 0.1), ran('b', 0.1, 0.3), ran('c', 0.3, 2.537692)]);
    expect(timing).toMatchObject({ totalDurationMs: 2537.692, busyMs: 2537.692, wallClockMs: 2537.692, idleMs: 0 });
  });

  it('gives a step of elapsed seconds its place from its start', () => {
    const { timing } = runOf([ran('a', 0, null, 'completed', { elapsedTime: 3 }), ran('b', 2, 4)]);
    expect(timing).toMatchObject({ busyMs: 4000, maxConcurrency: 2 });
  });

  it('gives a step without a start no place, though it counts in the total', () => {
    const { timing } = runOf([ran('a', null, null, 'completed', { elapsedTime: 3 }), ran('b', 2, 4)]);
    expect(timing).toMatchObject({ totalDurationMs: 5000, busyMs: 2000, maxConcurrency: 1, parallelism: 2.5 });
  });

  it('counts steps outside the bounds of the run as busy, which may leave less idle time than the longest gap', () => {
    const { timing } = runOf([ran('a', 0, 10)], { record: runRecord({ startTime: at(5), endTime: at(15) }) });
    expect(timing).toMatchObject({ wallClockMs: 10_000, busyMs: 10_000, idleMs: 0, longestGap: { durationMs: 5000 } });
  });

  it('counts a running step until now, whatever its elapsed seconds say', () => {
    const steps = [ran('a', 80, null, 'running', { elapsedTime: 2 }), ran('b', 90, null, 'running')];
    const run = runOf(steps);
    expect(run.timing).toMatchObject({
      totalDurationMs: 30_000,
      busyMs: 20_000,
      idleMs: 0,
      maxConcurrency: 2,
      parallelism: 1.5,
      longestGap: null,
    });
    expect(run.timeline).toMatchObject({
      laneCount: 2,
      gaps: [],
      bars: [{ durationMs: 20_000 }, { durationMs: 10_000 }],
    });
    expect(run.steps).toMatchObject([{ durationMs: 20_000 }, { gapBeforeMs: 0 }]);
  });

  it('counts a step that a finished run left running until the end of the run, and no longer', () => {
    const left = (elapsedTime: number) =>
      runOf([ran('a', 4, null, 'running', { elapsedTime })], { record: runRecord() });
    for (const seconds of [0, 2, 20]) expect(left(seconds).timing).toMatchObject({ busyMs: 6000, idleMs: 4000 });
  });

  it('of no steps', () => {
    expect(runOf([]).timing).toEqual({
      totalDurationMs: 0,
      wallClockMs: null,
      busyMs: 0,
      idleMs: 0,
      wastedMs: 0,
      maxConcurrency: 0,
      parallelism: null,
      longestGap: null,
    });
  });
});

describe('wallClockMs', () => {
  it('counts up while the run is unfinished', () => {
    expect(runOf([ran('a', 90, null, 'running')]).timing.wallClockMs).toBe(10_000);
  });

  it('is null for a finished run whose end nobody tells', () => {
    expect(runOf([ran('a', 90, null)]).timing.wallClockMs).toBeNull();
  });

  it('is 0 where the end comes before the start', () => {
    expect(runOf([], { record: runRecord({ endTime: at(-5) }) }).timing.wallClockMs).toBe(0);
  });
});

describe('maxConcurrency', () => {
  it('does not count a step that ends where another starts', () => {
    expect(runOf([ran('a', 0, 1), ran('b', 1, 2), ran('c', 2, 3)]).timing.maxConcurrency).toBe(1);
  });

  it('finds the peak among many', () => {
    const steps = [ran('a', 0, 10), ran('b', 1, 4), ran('c', 2, 5), ran('d', 4, 6), ran('e', 3, 4)];
    expect(runOf(steps).timing.maxConcurrency).toBe(4);
  });

  it('is 1 where steps took no time', () => {
    expect(runOf([ran('a', 1, 1), ran('b', 1, 1)]).timing).toMatchObject({ maxConcurrency: 1, parallelism: null });
    expect(runOf([ran('a', 0, 2), ran('b', 1, 1)]).timing.maxConcurrency).toBe(1);
  });
});

describe('longestGap', () => {
  it('lies between the step that ended last before it and the one that ended it', () => {
    const run = runOf([ran('a', 0, 4), ran('b', 1, 3), ran('c', 7, 8), ran('d', 9, 10)]);
    const [a, , c] = run.steps;
    expect(run.timing.longestGap).toEqual({
      startedAt: at(4),
      endedAt: at(7),
      durationMs: 3000,
      after: a,
      before: c,
    });
  });

  it('may come before the first step or after the last', () => {
    const gapOf = (start: number, end: number) =>
      runOf([ran('a', start, end)], { record: runRecord() }).timing.longestGap;
    expect(gapOf(4, 8)).toMatchObject({ startedAt: at(0), endedAt: at(4), after: null, before: { nodeId: 'a' } });
    expect(gapOf(1, 4)).toMatchObject({ startedAt: at(4), endedAt: at(10), after: { nodeId: 'a' }, before: null });
  });

  it('tells the step before it where the record starts later', () => {
    const gap = runOf([ran('a', 0, 1), ran('b', 5, 6)], { record: runRecord({ startTime: at(4), endTime: at(8) }) });
    expect(gap.timing.longestGap).toMatchObject({ startedAt: at(1), after: { nodeId: 'a' }, before: { nodeId: 'b' } });
  });

  it('is the earliest of equally long ones, and null where some step always ran', () => {
    const gap = runOf([ran('a', 0, 1), ran('b', 2, 3), ran('c', 4, 5)]).timing.longestGap;
    expect(gap).toMatchObject({ after: { nodeId: 'a' } });
    expect(runOf([ran('a', 0, 2), ran('b', 1, 3)]).timing.longestGap).toBeNull();
  });

  it('starts at a computed end where only the elapsed seconds are told', () => {
    const gap = runOf([ran('a', 0.5, null, 'completed', { elapsedTime: 2 }), ran('b', 4, 5)]).timing.longestGap;
    expect(gap).toMatchObject({ startedAt: { text: '2025-03-13T02:41:02.500000Z' }, durationMs: 1500 });
  });
});
