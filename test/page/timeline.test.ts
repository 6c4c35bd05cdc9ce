import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { barAt, drawBars, durationText, type Bar, type Window } from '../../src/web/timeline/bars/bars.ts';
import { layOut } from '../../src/web/timeline/bars/layout.ts';
import { createScale, foldable } from '../../src/web/timeline/time/scale.ts';
import { clockStart, ticksOf } from '../../src/web/timeline/time/ticks.ts';

const bar = (stepId: string, lane: number, offsetMs: number, durationMs: number): Bar => ({
  ...{ stepId, lane, offsetMs, durationMs },
  ...{
    nodeId: stepId,
    status: 'COMPLETED',
    attempt: 1,
    attemptCount: 1,
    itemKey: null,
    itemAttempt: null,
    waitingMs: 0,
    isCritical: false,
    isGrowing: false,
  },
});

describe('the scale of the timeline', () => {
  it('gives a folded stretch little width, and maps positions back', () => {
    const scale = createScale(10_000, [{ offsetMs: 1000, durationMs: 8000, isWait: false }]);
    expect(scale.placeOf(1000)).toBeCloseTo(0.47);
    expect(scale.placeOf(9000)).toBeCloseTo(0.53);
    expect(scale.placeOf(10_000)).toBeCloseTo(1);
    for (const ms of [0, 500, 1000, 4321, 9000, 9999]) expect(scale.msAt(scale.placeOf(ms))).toBeCloseTo(ms);
  });

  it('folds nothing if no other time would remain', () => {
    expect(createScale(5000, [{ offsetMs: 0, durationMs: 5000, isWait: false }]).placeOf(2500)).toBe(0.5);
    expect([createScale(0).placeOf(0), createScale(0).msAt(0.5)]).toEqual([0, 0]);
  });

  it('folds idle stretches long in seconds and as a share', () => {
    const steps = [bar('a', 0, 1500, 1500), bar('b', 0, 5500, 4500)];
    const idle = { offsetMs: 3000, durationMs: 2500, isWait: false };
    expect(foldable(steps, 10_000)).toEqual([idle]);
    expect(foldable(steps, 100_000)).toEqual([]);
  });

  it('folds a day of waiting, but not the work during it', () => {
    const DAY = 86_400_000;
    const waiting = { ...bar('a', 0, 0, DAY), status: 'WAITING' as const, waitingMs: DAY - 1000 };
    const work = bar('b', 1, DAY / 2, 5000);
    expect(foldable([waiting, work], DAY)).toEqual([
      { offsetMs: 1000, durationMs: DAY / 2 - 1000, isWait: true },
      { offsetMs: DAY / 2 + 5000, durationMs: DAY / 2 - 5000, isWait: true },
    ]);
  });
});

describe('the marks of the time axis', () => {
  const labels = (totalMs: number, widthPx: number, clockMs: number | null = null) =>
    ticksOf(createScale(totalMs), { widthPx, fromMs: 0, toMs: totalMs, spacingPx: 80, clockMs }).map(
      ({ label }) => label,
    );

  it.each([
    [8500, 1000, ['0', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s', '7 s', '8 s']],
    [900, 400, ['0', '200 ms', '400 ms', '600 ms', '800 ms']],
    [150_000, 400, ['0', '30 s', '1:00 min', '1:30 min', '2:00 min', '2:30 min']],
    [3 * 86_400_000, 400, ['0', '1 d 00 h', '2 d 00 h', '3 d 00 h']],
  ])('are at round times: %i ms in %i px', (totalMs, widthPx, texts) => {
    expect(labels(totalMs, widthPx)).toEqual(texts);
  });

  it.each([
    ['2026-11-20T10:00:00.250Z', 900, ['10:00:00.400', '10:00:00.600', '10:00:00.800', '10:00:01.000']],
    ['2026-11-20T23:59:20Z', 150_000, ['23:59:30', '21 Nov', '00:00:30', '00:01:00', '00:01:30']],
  ])('show the time of day if chosen, and midnight dates: %s', (startedAt, totalMs, texts) => {
    expect(labels(totalMs, 400, clockStart('utc', startedAt))).toEqual(texts);
  });

  it('skip folded time', () => {
    const scale = createScale(100_000, [{ offsetMs: 1500, durationMs: 97_000, isWait: false }]);
    const ticks = ticksOf(scale, { widthPx: 1000, fromMs: 0, toMs: 100_000, spacingPx: 100, clockMs: null });
    expect(ticks.filter(({ ms }) => ms > 1500 && ms < 98_500)).toEqual([]);
    expect(ticks.length).toBeLessThan(12);
  });
});

describe('the bars', () => {
  const WHOLE: Window = { widthPx: 1000, leftPx: 0, viewPx: 1000, firstLane: 0, lastLane: 9 };
  const [a, b, c, d] = [bar('a', 0, 0, 100), bar('b', 1, 50, 600), bar('c', 0, 200, 5), bar('d', 0, 900, 100)];
  const bars = [a, b, c, d];
  const scale = createScale(1000);

  it.each([
    ['a bar', 50, 10, a],
    ['a bar of the second lane', 500, 40, b],
    ['a narrow bar, from a few pixels away', 207, 10, c],
    ['nothing', 500, 10, null],
  ])('are found under the pointer: %s', (_, x, y, found) => {
    expect(barAt(bars, scale, WHOLE, x, y)).toBe(found);
  });

  it('show the wait at the end, with both times', () => {
    const waited = { ...bar('a', 0, 0, 1000), waitingMs: 900 };
    expect(drawBars([waited], scale, WHOLE).waitingPath).toBe('M100 4h899v20h-899z');
    expect(durationText(waited)).toBe('100 ms, waited 900 ms');
  });

  it('show a waiting step as wait, with the time since', () => {
    const waiting: Bar = { ...bar('a', 0, 0, 1000), status: 'WAITING', waitingMs: 900 };
    expect(drawBars([waiting], scale, WHOLE).waitingPath).toBe('');
    expect(durationText(waiting)).toBe('900 ms');
  });
});

describe('the lanes', () => {
  const steps = fc
    .array(fc.record({ node: fc.nat(4), offsetMs: fc.nat(50), durationMs: fc.nat(20) }), { maxLength: 40 })
    .map((drawn) =>
      drawn
        .toSorted((one, other) => one.offsetMs - other.offsetMs)
        .map(({ node, offsetMs, durationMs }, index) => ({
          ...bar(String(index), 0, offsetMs, durationMs),
          nodeId: `n${node}`,
        })),
    );
  const overlap = (one: Bar, other: Bar) =>
    one.offsetMs < other.offsetMs + other.durationMs && other.offsetMs < one.offsetMs + one.durationMs;

  it.each(['nodes', 'packed'] as const)('have no overlapping bars, and keep the order of steps: %s', (rows) => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const { bars, laneCount } = layOut(drawn, rows);
        expect(bars.map(({ stepId }) => stepId)).toEqual(drawn.map(({ stepId }) => stepId));
        for (const one of bars) {
          expect(one.lane).toBeLessThan(laneCount);
          expect(bars.some((other) => other !== one && other.lane === one.lane && overlap(one, other))).toBe(false);
        }
      }),
    );
  });

  it('form one row per node, with its name', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const { bars, rows, laneCount } = layOut(drawn, 'nodes');
        expect(rows.reduce((sum, row) => sum + row.laneCount, 0)).toBe(laneCount);
        for (const { nodeId, lane } of bars) {
          const row = rows.find((one) => one.lane <= lane && lane < one.lane + one.laneCount);
          expect(row?.nodeId).toBe(nodeId);
        }
      }),
    );
  });
});
