import { describe, expect, it } from '@jest/globals';
import { at, atSecond, EPOCH_MS, ran, runOf, runRecord } from '../support/facts.ts';

const lanesOf = (...steps: Parameters<typeof runOf>[0]) => runOf(steps).timeline.bars.map((bar) => bar.lane);

describe('timeline', () => {
  it('places bars in percent of the run', () => {
    const { timeline } = runOf([ran('a', 0, 2.5), ran('b', 5, 10)], { record: runRecord() });
    expect(timeline).toMatchObject({ startedAt: at(0), endedAt: at(10), durationMs: 10_000, laneCount: 1 });
    expect(timeline.bars).toMatchObject([
      { step: { nodeId: 'a' }, lane: 0, offsetMs: 0, durationMs: 2500, offsetPercent: 0, widthPercent: 25 },
      { step: { nodeId: 'b' }, lane: 0, offsetMs: 5000, durationMs: 5000, offsetPercent: 50, widthPercent: 50 },
    ]);
  });

  it('ends now while the run is unfinished', () => {
    const { timeline } = runOf([ran('a', 90, 95), ran('b', 95, null, 'running')]);
    expect(timeline).toMatchObject({ durationMs: 10_000, endedAt: { epochMicros: EPOCH_MS * 1000 + 100_000_000 } });
    expect(timeline.bars[1]).toMatchObject({ durationMs: 5000, offsetPercent: 50, widthPercent: 50 });
  });

  it('leaves out a bar without a start, and shows one of unknown duration as a point', () => {
    const { timeline } = runOf([ran('a', null, 3), ran('b', 1, null, 'queued')]);
    expect(timeline.bars).toMatchObject([{ step: { nodeId: 'b' }, durationMs: 0, widthPercent: 0 }]);
  });

  it('reaches further than the run where its steps do', () => {
    const { timeline } = runOf([ran('a', -10, 5), ran('b', 8, 30), ran('c', 11, 12)], { record: runRecord() });
    expect(timeline).toMatchObject({ startedAt: at(-10), endedAt: at(30), durationMs: 40_000 });
    expect(timeline.bars.map((bar) => [bar.offsetMs, bar.offsetPercent, bar.widthPercent])).toEqual([
      [0, 0, 37.5],
      [18_000, 45, 55],
      [21_000, 52.5, expect.closeTo(2.5, 9)],
    ]);
  });

  it('holds the gaps of steps that outlast the record', () => {
    const { timeline, timing } = runOf([ran('a', 0, 1), ran('b', 5, 6)], { record: runRecord({ endTime: at(2) }) });
    expect(timeline).toMatchObject({ durationMs: 6000, gaps: [{ offsetMs: 1000, durationMs: 4000 }] });
    expect(timing.longestGap).toMatchObject({ startedAt: at(1), endedAt: at(5) });
  });

  it('tells the ends of steps in the upstream’s own words', () => {
    const told = ran('a', 0, null, 'completed', { endTime: atSecond(5) });
    const { timeline, timing } = runOf([told, ran('b', 7, 9)], { record: runRecord({ endTime: at(2) }) });
    expect([timeline.endedAt, timing.longestGap?.startedAt]).toEqual([at(9), atSecond(5)]);
    expect(runOf([told], { record: runRecord({ endTime: at(2) }) }).timeline.endedAt).toEqual(atSecond(5));
  });

  it('holds a step that starts within a day of the run, to the microsecond', () => {
    const [first, last, micro] = [-86_400, 10 + 86_400, 1e-6];
    const nodesOf = (...starts: number[]) => {
      const steps = starts.map((start) => ran(`at ${start}`, start, start));
      return runOf(steps, { record: runRecord() }).timeline.bars.map((bar) => bar.step.nodeId);
    };
    expect(nodesOf(first, last)).toEqual([`at ${first}`, `at ${last}`]);
    expect(nodesOf(first - micro, last + micro)).toEqual([]);
  });

  it('leaves out a step that starts years away, and the gap to it', () => {
    const year = 365 * 86_400;
    const { timeline, timing } = runOf([ran('a', 0, 1), ran('b', 5 * year, null, 'queued')], { now: 3 });
    expect(timeline).toMatchObject({ durationMs: 3000, gaps: [{ offsetMs: 1000, durationMs: 2000 }] });
    expect(timeline.bars.map((bar) => bar.step.nodeId)).toEqual(['a']);
    expect(timing.longestGap).toMatchObject({ durationMs: 2000 });
  });

  it('of a finished run without any known end ends with its steps', () => {
    const { timeline, endedAt, wallClockMs } = runOf([ran('a', 1, null), ran('b', 4, null)]);
    expect([endedAt, wallClockMs]).toEqual([null, null]);
    expect(timeline).toMatchObject({ startedAt: at(1), endedAt: at(4), durationMs: 3000 });
    expect(timeline.gaps).toEqual([{ offsetMs: 0, durationMs: 3000 }]);
  });

  it('of a run that ends before it starts has no length', () => {
    const { timeline } = runOf([], { record: runRecord({ endTime: at(-5) }) });
    expect(timeline).toMatchObject({ startedAt: at(0), endedAt: at(0), durationMs: 0, gaps: [] });
  });

  it('has no edges while nothing has started', () => {
    const { timeline } = runOf([ran('a', null, null, 'queued')]);
    expect(timeline).toMatchObject({ startedAt: null, endedAt: null, durationMs: null, bars: [], gaps: [] });
  });

  it('tells where no step ran: before, between and after, and up to now', () => {
    const steps = [ran('a', 1, 3), ran('b', 2, 4), ran('c', 7, 8)];
    expect(runOf(steps, { record: runRecord() }).timeline.gaps).toEqual([
      { offsetMs: 0, durationMs: 1000 },
      { offsetMs: 4000, durationMs: 3000 },
      { offsetMs: 8000, durationMs: 2000 },
    ]);
    const waiting = runOf([ran('a', 90, 95), ran('b', null, null, 'queued')]);
    expect(waiting.timeline.gaps).toEqual([{ offsetMs: 5000, durationMs: 5000 }]);
  });

  it('has no bars and no bounds without steps', () => {
    expect(runOf([], { record: runRecord({ startTime: null, endTime: null }) }).timeline).toEqual({
      startedAt: null,
      endedAt: null,
      durationMs: null,
      laneCount: 0,
      bars: [],
      gaps: [],
    });
  });
});

describe('lanes', () => {
  it('are as few as can be, the lowest free one first', () => {
    expect(lanesOf(ran('a', 0, 4), ran('b', 1, 2), ran('c', 1, 5), ran('d', 2, 3), ran('e', 4, 6))).toEqual([
      0, 1, 2, 1, 0,
    ]);
  });

  it('are free again from the very moment at which a bar ends', () => {
    expect(lanesOf(ran('a', 0, 1), ran('b', 1, 2))).toEqual([0, 0]);
  });

  it('hold bars of no length side by side with those that start or end there, but not within one', () => {
    expect(lanesOf(ran('a', 1, 1), ran('b', 1, 1), ran('c', 1, 2))).toEqual([0, 0, 0]);
    expect(lanesOf(ran('a', 1, 2), ran('b', 1, 1))).toEqual([0, 0]);
    expect(lanesOf(ran('a', 0, 2), ran('b', 1, 1))).toEqual([0, 1]);
    expect(lanesOf(ran('a', 0, 2), ran('b', 2, 2))).toEqual([0, 0]);
  });
});
