import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { equalParts, trendOf, type TrendSpan } from '../../src/domain/workflow/trend.ts';
import { timestampOfMicros, type Timestamp } from '../../src/domain/timestamp.ts';
import { at, runRecord } from './facts.ts';

const record = (id: string, start: number | null, end: number | null, rawStatus = 'completed') =>
  runRecord({ id, rawStatus, startTime: start === null ? null : at(start), endTime: end === null ? null : at(end) });

const ALL: TrendSpan = { startedAfter: null, startedBefore: null, isWhole: true };
const WINDOW: TrendSpan = { startedAfter: at(0), startedBefore: at(40), isWhole: true };

describe('a trend', () => {
  const [early, middle, late] = [record('early', 0, 1), record('middle', 12, 13), record('late', 30, 31)];
  const waiting = record('waiting', null, null, 'pending');
  it.each([
    ['over the span of their starts', [late, early], 3, ALL, ['0-10: 1', '10-20: 0', '20-30: 1']],
    ['as one part if the span is empty', [early, early], 24, ALL, ['0-0: 2']],
    ['without runs that have not started', [waiting], 24, ALL, []],
    ['over the whole window', [middle], 2, WINDOW, ['0-20: 1', '20-40: 0']],
    ['over a window without runs', [], 1, WINDOW, ['0-40: 0']],
    ['up to the latest start in a window without an end', [middle], 1, { ...WINDOW, startedBefore: null }, ['0-12: 1']],
    ['over a window without an end and without runs', [], 1, { ...WINDOW, startedBefore: null }, []],
    ['over a window that ends before it begins', [], 1, { ...WINDOW, startedAfter: at(50) }, []],
  ])('counts runs in equal parts %s', (_, records, count, span, expected) => {
    const secondsOf = ({ epochMicros }: Timestamp) => (epochMicros - at(0).epochMicros) / 1e6;
    const parts = trendOf(records, equalParts(count), span).map(
      ({ startedAt, endedAt, runCount }) => `${secondsOf(startedAt)}-${secondsOf(endedAt)}: ${runCount}`,
    );
    expect(parts).toEqual(expected);
  });

  it('marks parts as incomplete if not all runs were read', () => {
    const complete = (records: Parameters<typeof trendOf>[0], span: TrendSpan) =>
      trendOf(records, equalParts(4), { ...span, isWhole: false }).map(({ isComplete }) => isComplete);
    expect(complete([late, middle], WINDOW)).toEqual([false, false, true, true]);
    expect(complete([], WINDOW)).toEqual([false, false, false, false]);
    expect(complete([middle], ALL)).toEqual([true]);
  });

  it('partitions all started runs into consecutive parts', () => {
    const spans = [
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 2e15 }),
      // Beyond 2255 a double does not represent each microsecond.
      fc.integer({ min: -6e13, max: 9e12 }).map((ms) => ms * 1000),
    ];
    const starts = fc.oneof(...spans.map((micros) => fc.array(micros, { maxLength: 40 })));
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 100 }), (given, count) => {
        const records = given.map((start, index) => runRecord({ id: `${index}`, startTime: timestampOfMicros(start) }));
        const parts = trendOf(records, equalParts(count), ALL);
        expect(parts.flatMap(({ runIds }) => runIds).sort()).toEqual(records.map(({ id }) => id).sort());
        for (const [index, { startedAt, endedAt, runIds, runCount }] of parts.entries()) {
          expect(runIds).toHaveLength(runCount);
          const next = parts[index + 1];
          if (next) expect(next.startedAt).toEqual(endedAt);
          const within = runIds.map((id) => given[Number(id)] ?? NaN);
          // The last part includes its end.
          const end = next ? endedAt.epochMicros : Infinity;
          expect(within.filter((start) => !(start >= startedAt.epochMicros && start < end))).toEqual([]);
        }
        const [from, to] = [Math.min(...given), Math.max(...given)];
        if (![from, to].every(Number.isSafeInteger)) return;
        const edgeOf = (part: number) => BigInt(from) + (BigInt(to - from) * BigInt(part)) / BigInt(parts.length);
        expect(parts.map(({ endedAt }) => BigInt(endedAt.epochMicros))).toEqual(parts.map((_, i) => edgeOf(i + 1)));
      }),
    );
  });
});
