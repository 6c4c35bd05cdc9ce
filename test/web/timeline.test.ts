import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { barAt, boxOf, drawBars, type Bar, type Box, type Window } from '../../src/web/timeline/bars/bars.ts';
import { layOut } from '../../src/web/timeline/bars/layout.ts';
import { nextBar, nextFailure } from '../../src/web/timeline/cursor.ts';
import { clockStart } from '../../src/web/timeline/time/clock.ts';
import { createScale, foldable } from '../../src/web/timeline/time/scale.ts';
import { ticksOf } from '../../src/web/timeline/time/ticks.ts';

const bar = (stepId: string, lane: number, offsetMs: number, durationMs: number): Bar => ({
  ...{ stepId, lane, offsetMs, durationMs },
  ...{ nodeId: stepId, status: 'COMPLETED', attempt: 1, attemptCount: 1, isCritical: stepId === 'a', isGrowing: false },
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
    ticksOf(createScale(totalMs), { widthPx, fromMs: 0, toMs: totalMs, spacingPx: 80, clockMs: null }).map(
      ({ label }) => label,
    );

  it('stand at round times, as close as their texts allow', () => {
    expect(labels(8500, 1000)).toEqual(['0', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s', '7 s', '8 s']);
    expect(labels(900, 400)).toEqual(['0', '200 ms', '400 ms', '600 ms', '800 ms']);
    expect(labels(150_000, 400)).toEqual(['0', '30 s', '1:00 min', '1:30 min', '2:00 min', '2:30 min']);
    expect(labels(3 * 86_400_000, 400)).toEqual(['0', '1 d 00 h', '2 d 00 h', '3 d 00 h']);
  });

  it('say the seconds where they are that close, hours into a run', () => {
    const scale = createScale(4_000_000);
    const texts = ticksOf(scale, {
      widthPx: 4_000_000,
      fromMs: 3_661_000,
      toMs: 3_661_300,
      spacingPx: 100,
      clockMs: null,
    });
    expect(texts.map(({ label }) => label)).toEqual(['1:01:01', '1:01:01.1', '1:01:01.2', '1:01:01.3']);
    const wider = ticksOf(scale, {
      widthPx: 400_000,
      fromMs: 3_661_000,
      toMs: 3_663_000,
      spacingPx: 100,
      clockMs: null,
    });
    expect(wider.map(({ label }) => label)).toEqual(['1:01:01', '1:01:02', '1:01:03']);
  });

  it('tell the time of day where they are asked to, and the day at midnight', () => {
    const labelsFrom = (startedAt: string, totalMs: number) =>
      ticksOf(createScale(totalMs), {
        ...{ widthPx: 400, fromMs: 0, toMs: totalMs, spacingPx: 80 },
        clockMs: clockStart('utc', startedAt),
      }).map(({ label }) => label);
    expect(labelsFrom('2026-11-20T10:00:00.250Z', 900)).toEqual([
      ...['10:00:00.400', '10:00:00.600', '10:00:00.800', '10:00:01.000'],
    ]);
    expect(labelsFrom('2026-11-20T23:59:20Z', 150_000)).toEqual([
      '23:59:30',
      '21 Nov',
      '00:00:30',
      '00:01:00',
      '00:01:30',
    ]);
    expect(clockStart('elapsed', '2026-11-20T10:00:00Z')).toBeNull();
    const local = clockStart('local', '2026-11-20T10:00:00Z') ?? 0;
    expect(new Date(local).getUTCHours()).toBe(new Date('2026-11-20T10:00:00Z').getHours());
  });

  it('leave out what is folded', () => {
    const scale = createScale(100_000, [{ offsetMs: 1500, durationMs: 97_000 }]);
    const ticks = ticksOf(scale, { widthPx: 1000, fromMs: 0, toMs: 100_000, spacingPx: 100, clockMs: null });
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
    expect(paths.get('COMPLETED')).toContain('M200 4h4');
    expect(criticalPath).toBe('M0 26.5h99');
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

  it('stay apart where one ends as the next begins, and within the run whatever the clocks said', () => {
    const touching = [bar('a', 0, 0, 500), bar('b', 0, 500, 500), bar('c', 0, 1000, 0), bar('d', 0, 990, 400)];
    const [a, b, c, d] = touching.map((one) => boxOf(one, scale, WHOLE)) as [Box, Box, Box, Box];
    expect(b.x - (a.x + a.width)).toBe(1);
    for (const { x, width } of [a, b, c, d]) expect(x >= 0 && x + width <= WHOLE.widthPx).toBe(true);
  });

  it('lead to the next failed one, and after the last to the first', () => {
    const failed = (stepId: string, offsetMs: number): Bar => ({ ...bar(stepId, 0, offsetMs, 1), status: 'FAILED' });
    const [ok, one, another] = [bar('ok', 0, 0, 1), failed('one', 5), failed('another', 9)];
    const all = [ok, one, another];
    expect(nextFailure(all, undefined)).toBe(one);
    expect(nextFailure(all, one)).toBe(another);
    expect(nextFailure(all, another)).toBe(one);
    expect(nextFailure([ok], ok)).toBeUndefined();
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

describe('the lanes', () => {
  const steps = fc
    .array(fc.record({ node: fc.nat(4), offsetMs: fc.nat(50), durationMs: fc.nat(20) }), { maxLength: 40 })
    .map((drawn) =>
      drawn
        .toSorted((a, b) => a.offsetMs - b.offsetMs)
        .map(({ node, offsetMs, durationMs }, index) => ({
          ...bar(String(index), 0, offsetMs, durationMs),
          nodeId: `n${node}`,
        })),
    );
  const overlap = (a: Bar, b: Bar) => a.offsetMs < b.offsetMs + b.durationMs && b.offsetMs < a.offsetMs + a.durationMs;

  it.each(['nodes', 'packed'] as const)(
    'hold no two bars that overlap, in the order of the steps: %s',
    (arrangement) => {
      fc.assert(
        fc.property(steps, (drawn) => {
          const { bars, laneCount } = layOut(drawn, arrangement);
          expect(bars.map(({ stepId }) => stepId)).toEqual(drawn.map(({ stepId }) => stepId));
          for (const a of bars) {
            expect(a.lane).toBeLessThan(laneCount);
            expect(bars.some((b) => b !== a && b.lane === a.lane && overlap(a, b))).toBe(false);
          }
        }),
      );
    },
  );

  it('of a node lie together below its name, and no other node is in them', () => {
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
