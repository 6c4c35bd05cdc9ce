import { describe, expect, it } from '@jest/globals';
import { barAt, drawBars, type Bar, type Window } from '../../src/web/timeline/bars.ts';
import { nextBar } from '../../src/web/timeline/cursor.ts';
import { createScale, foldable } from '../../src/web/timeline/scale.ts';
import { ticksOf } from '../../src/web/timeline/ticks.ts';

const bar = (stepId: string, lane: number, offsetMs: number, durationMs: number): Bar => ({
  ...{ stepId, lane, offsetMs, durationMs },
  ...{ nodeId: stepId, status: 'COMPLETED', attempt: 1, attemptCount: 1, isCritical: stepId === 'a' },
});

const WHOLE: Window = { widthPx: 1000, leftPx: 0, viewPx: 1000, firstLane: 0, lastLane: 9 };

describe('the scale of the timeline', () => {
  it('is in proportion without folds', () => {
    const scale = createScale(10_000);
    expect([0, 2500, 10_000, 20_000].map((ms) => scale.placeOf(ms))).toEqual([0, 0.25, 1, 1]);
    expect(scale.msAt(0.25)).toBe(2500);
  });

  it('gives a folded stretch little room, and the rest the others', () => {
    const scale = createScale(10_000, [{ offsetMs: 1000, durationMs: 8000 }]);
    expect(scale.placeOf(1000)).toBeCloseTo(0.47);
    expect(scale.placeOf(5000)).toBeCloseTo(0.5);
    expect(scale.placeOf(9000)).toBeCloseTo(0.53);
    expect(scale.placeOf(10_000)).toBeCloseTo(1);
    for (const ms of [0, 500, 1000, 4321, 9000, 9999]) expect(scale.msAt(scale.placeOf(ms))).toBeCloseTo(ms);
  });

  it('folds nothing where nothing else would be left, and stands still where no time passes', () => {
    expect(createScale(5000, [{ offsetMs: 0, durationMs: 5000 }]).placeOf(2500)).toBe(0.5);
    expect(createScale(0).placeOf(0)).toBe(0);
    expect(createScale(0).msAt(0.5)).toBe(0);
  });

  it('folds what is long both in itself and beside the rest', () => {
    const gaps = [
      { offsetMs: 0, durationMs: 1500 },
      { offsetMs: 3000, durationMs: 2500 },
    ];
    expect(foldable(gaps, 10_000)).toEqual([gaps[1]]);
    expect(foldable(gaps, 100_000)).toEqual([]);
  });
});

describe('the marks of the time axis', () => {
  const labels = (totalMs: number, widthPx: number) =>
    ticksOf(createScale(totalMs), { widthPx, fromMs: 0, toMs: totalMs, spacingPx: 80 }).map(({ label }) => label);

  it('stand at round times, as close as their texts allow', () => {
    expect(labels(8500, 1000)).toEqual(['0', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s', '7 s', '8 s']);
    expect(labels(900, 400)).toEqual(['0', '200 ms', '400 ms', '600 ms', '800 ms']);
    expect(labels(150_000, 400)).toEqual(['0', '30 s', '1:00 min', '1:30 min', '2:00 min', '2:30 min']);
    expect(labels(3 * 86_400_000, 400)).toEqual(['0', '1 d 00 h', '2 d 00 h', '3 d 00 h']);
  });

  it('say the seconds where they are that close, hours into a run', () => {
    const scale = createScale(4_000_000);
    const texts = ticksOf(scale, { widthPx: 4_000_000, fromMs: 3_661_000, toMs: 3_661_300, spacingPx: 100 });
    expect(texts.map(({ label }) => label)).toEqual(['1:01:01', '1:01:01.1', '1:01:01.2', '1:01:01.3']);
    const wider = ticksOf(scale, { widthPx: 400_000, fromMs: 3_661_000, toMs: 3_663_000, spacingPx: 100 });
    expect(wider.map(({ label }) => label)).toEqual(['1:01:01', '1:01:02', '1:01:03']);
  });

  it('leave out what is folded', () => {
    const scale = createScale(100_000, [{ offsetMs: 1500, durationMs: 97_000 }]);
    const ticks = ticksOf(scale, { widthPx: 1000, fromMs: 0, toMs: 100_000, spacingPx: 100 });
    expect(ticks.map(({ ms }) => ms).filter((ms) => ms > 1500 && ms < 98_500)).toEqual([]);
    expect(ticks.length).toBeLessThan(12);
  });
});

describe('the bars', () => {
  const bars = [bar('a', 0, 0, 100), bar('b', 1, 50, 600), bar('c', 0, 200, 5), bar('d', 0, 900, 100)];
  const scale = createScale(1000);

  it('are one path for each status, narrow ones still to be seen', () => {
    const { paths, criticalPath } = drawBars(bars, scale, WHOLE);
    expect([...paths.keys()]).toEqual(['COMPLETED']);
    expect(paths.get('COMPLETED')?.match(/M/g)).toHaveLength(4);
    expect(paths.get('COMPLETED')).toContain('M200 4h5');
    expect(criticalPath).toBe('M0 26.5h100');
  });

  it('have a label inside or, if there is more room, behind them', () => {
    const { labels } = drawBars(bars, scale, WHOLE);
    expect(labels.map(({ bar: { stepId }, isInside }) => [stepId, isInside]).sort()).toEqual([
      ['a', true],
      ['b', true],
      ['c', false],
      ['d', true],
    ]);
  });

  it('are left out where they are not seen', () => {
    const { paths, labels } = drawBars(bars, scale, { ...WHOLE, widthPx: 4000, leftPx: 3200 });
    expect(paths.get('COMPLETED')?.match(/M/g)).toHaveLength(1);
    expect(labels).toHaveLength(1);
  });

  it('are found under the pointer, narrow ones from a little beside', () => {
    expect(barAt(bars, scale, WHOLE, 50, 10)?.stepId).toBe('a');
    expect(barAt(bars, scale, WHOLE, 207, 10)?.stepId).toBe('c');
    expect(barAt(bars, scale, WHOLE, 500, 10)).toBeNull();
    expect(barAt(bars, scale, WHOLE, 500, 40)?.stepId).toBe('b');
  });

  it('are gone through by the arrow keys', () => {
    const [a, b, c, d] = bars as [Bar, Bar, Bar, Bar];
    expect(nextBar(bars, a, 'ArrowRight')).toBe(b);
    expect(nextBar(bars, a, 'ArrowLeft')).toBeNull();
    expect(nextBar(bars, b, 'ArrowUp')).toBe(a);
    expect(nextBar(bars, d, 'ArrowDown')).toBe(b);
    expect(nextBar(bars, c, 'End')).toBe(d);
    expect(nextBar(bars, c, 'Home')).toBe(a);
    expect(nextBar(bars, c, 'x')).toBeNull();
  });
});
