import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { trendOf, type TrendSpan } from '../../src/domain/run/trend.ts';
import { timestampOfMicros } from '../../src/domain/timestamp.ts';
import { at, runRecord } from '../support/facts.ts';

const record = (id: string, start: number | null, end: number | null, rawStatus = 'completed') =>
  runRecord({
    id,
    rawStatus,
    startTime: start === null ? null : at(start),
    endTime: end === null ? null : at(end),
  });

const ALL: TrendSpan = { startedAfter: null, startedBefore: null, isWhole: true };

describe('a trend', () => {
  it('counts runs in equal parts of the span of their starts', () => {
    const records = [
      record('r6', 40, null, 'running'),
      record('r5', 39, 42),
      record('r4', 20, 24, 'failed'),
      record('waiting', null, null, 'pending'),
      record('r3', 19, 21),
      record('r2', 3, 4),
      record('r1', 0, 10),
    ];
    expect(trendOf(records, 4, ALL)).toMatchObject([
      {
        startedAt: at(0),
        endedAt: at(10),
        runCount: 2,
        failedCount: 0,
        wallClockMs: { p50: 1000, p95: 10_000, max: 10_000 },
        runIds: ['r2', 'r1'],
      },
      { startedAt: at(10), endedAt: at(20), runCount: 1, failedCount: 0, wallClockMs: { p50: 2000 }, runIds: ['r3'] },
      { startedAt: at(20), endedAt: at(30), runCount: 1, failedCount: 1, wallClockMs: { p50: 4000 }, runIds: ['r4'] },
      // The last part holds its own end.
      {
        startedAt: at(30),
        endedAt: at(40),
        runCount: 2,
        failedCount: 0,
        wallClockMs: { p50: 3000 },
        runIds: ['r6', 'r5'],
      },
    ]);
  });

  it('has empty parts, one part without a span, and none without starts', () => {
    const [first, second, third] = trendOf([record('b', 30, 31), record('a', 0, 1)], 3, ALL);
    expect(second).toMatchObject({ startedAt: at(10), endedAt: at(20), runCount: 0, wallClockMs: null, runIds: [] });
    expect([first?.runIds, third?.runIds]).toEqual([['a'], ['b']]);
    expect(trendOf([record('b', 5, 6), record('a', 5, 9)], 24, ALL)).toMatchObject([
      { startedAt: at(5), endedAt: at(5), runCount: 2 },
    ]);
    expect(trendOf([record('a', null, null)], 24, ALL)).toEqual([]);
  });

  it('spans the window that is asked for, whether runs started in all of it or not', () => {
    const window = { startedAfter: at(0), startedBefore: at(40), isWhole: true };
    const counts = (parts: ReturnType<typeof trendOf>) =>
      parts.map(({ startedAt, endedAt, runCount }) => [
        startedAt.epochMicros / 1e6,
        endedAt.epochMicros / 1e6,
        runCount,
      ]);
    const start = at(0).epochMicros / 1e6;
    expect(counts(trendOf([record('a', 12, 13)], 2, window))).toEqual([
      [start, start + 20, 1],
      [start + 20, start + 40, 0],
    ]);
    expect(counts(trendOf([], 1, window))).toEqual([[start, start + 40, 0]]);
    expect(counts(trendOf([record('a', 12, 13)], 1, { ...window, startedBefore: null }))).toEqual([
      [start, start + 12, 1],
    ]);
    expect(trendOf([], 1, { ...window, startedBefore: null })).toEqual([]);
    expect(trendOf([], 1, { ...window, startedAfter: at(50) })).toEqual([]);
  });

  it('says in which parts runs may be missing, where not all were looked at', () => {
    const window = { startedAfter: at(0), startedBefore: at(40), isWhole: false };
    const complete = (records: Parameters<typeof trendOf>[0]) =>
      trendOf(records, 4, window).map(({ isComplete }) => isComplete);
    expect(complete([record('a', 39, 40), record('b', 12, 13)])).toEqual([false, false, true, true]);
    expect(complete([])).toEqual([false, false, false, false]);
    expect(trendOf([record('b', 12, 13)], 4, { ...ALL, isWhole: false })).toMatchObject([{ isComplete: true }]);
  });

  it('partitions the runs that have started, in parts that follow one another, whatever their starts are', () => {
    const micros = fc.oneof(
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: -6e13, max: 9e12 }).map((ms) => ms * 1000),
    );
    fc.assert(
      fc.property(fc.array(micros, { maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (starts, count) => {
        const records = starts.map((start, index) =>
          runRecord({ id: `r${index}`, startTime: timestampOfMicros(start) }),
        );
        const parts = trendOf(records, count, ALL);
        expect(parts.flatMap(({ runIds }) => runIds).sort()).toEqual(records.map(({ id }) => id).sort());
        for (const [index, { startedAt, endedAt, runIds, runCount }] of parts.entries()) {
          expect(runIds).toHaveLength(runCount);
          const next = parts[index + 1];
          if (next) expect(next.startedAt).toEqual(endedAt);
          for (const id of runIds) {
            const start = starts[Number(id.slice(1))] ?? NaN;
            expect(start).toBeGreaterThanOrEqual(startedAt.epochMicros);
            if (next) expect(start).toBeLessThan(endedAt.epochMicros);
            else expect(start).toBeLessThanOrEqual(endedAt.epochMicros);
          }
        }
        const lengths = parts.map(({ startedAt, endedAt }) => endedAt.epochMicros - startedAt.epochMicros);
        // To the microsecond, as far as a double has them: in steps of 8 in the first century, for each end of two parts.
        expect(Math.max(0, ...lengths) - Math.min(...lengths, Infinity)).toBeLessThanOrEqual(32);
      }),
    );
  });
});
