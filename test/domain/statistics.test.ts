import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distributionOf, nodeStatistics, percentile, runStatistics } from '../../src/domain/run/statistics.ts';
import { at, ran, runOf, runRecord } from '../support/facts.ts';

describe('percentile', () => {
  it('is the value of the nearest rank', () => {
    const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect([percentile(ten, 50), percentile(ten, 95), percentile(ten, 90), percentile(ten, 1)]).toEqual([5, 10, 9, 1]);
    expect(percentile([15, 20, 35, 40, 50], 30)).toBe(20);
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([percentile(hundred, 50), percentile(hundred, 95), percentile(hundred, 100)]).toEqual([50, 95, 100]);
  });

  it('of one value is that value, of none null', () => {
    expect(distributionOf([7])).toEqual({ p50: 7, p95: 7, max: 7 });
    expect(distributionOf([])).toBeNull();
  });

  it('is one of the values, and grows with the percentage', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const ascending = values.toSorted((a, b) => a - b);
        const value = percentile(ascending, percent) ?? NaN;
        expect(values).toContain(value);
        expect(percentile(ascending, 100)).toBe(Math.max(...values));
        expect(percentile(ascending, Math.min(100, percent + 1))).toBeGreaterThanOrEqual(value);
        const { p50 = NaN, p95 = NaN, max = NaN } = distributionOf(values) ?? {};
        expect([p50, p95, max]).toEqual([p50, p95, max].toSorted((a, b) => a - b));
        expect(max).toBe(ascending.at(-1));
      }),
    );
  });
});

describe('runStatistics', () => {
  it('takes success and wall clock over finished runs alone', () => {
    const records = [
      runRecord({ endTime: at(2) }),
      runRecord({ endTime: at(4) }),
      runRecord({ rawStatus: 'failed', endTime: at(9) }),
      runRecord({ rawStatus: 'cancelled', endTime: null }),
      runRecord({ rawStatus: 'running', endTime: null }),
      runRecord({ rawStatus: 'no such word', endTime: at(1) }),
    ];
    expect(runStatistics(records)).toEqual({
      runCount: 6,
      finishedCount: 5,
      completedCount: 2,
      failedCount: 1,
      successRate: 0.4,
      wallClockMs: { p50: 2000, p95: 9000, max: 9000 },
    });
  });

  it('knows no success rate without finished runs', () => {
    expect(runStatistics([runRecord({ rawStatus: 'running' })])).toMatchObject({ runCount: 1, successRate: null });
    expect(runStatistics([])).toMatchObject({ runCount: 0, successRate: null, wallClockMs: null });
  });
});

describe('nodeStatistics', () => {
  it('gathers the executions of each node over all runs', () => {
    const outputs = { usage: { total_tokens: 5 } };
    const runs = [
      runOf([ran('b', 0, 1, 'failed', { outputs }), ran('b', 1, 3, 'completed', { outputs }), ran('a', 3, 4)]),
      runOf([ran('b', 0, 8), ran('a', 98, null, 'running')]),
    ];
    expect(nodeStatistics(runs)).toEqual([
      {
        nodeId: 'a',
        executionCount: 2,
        failureCount: 0,
        retryCount: 0,
        durationMs: { p50: 1000, p95: 1000, max: 1000 },
        totalTokens: null,
      },
      {
        nodeId: 'b',
        executionCount: 3,
        failureCount: 1,
        retryCount: 1,
        durationMs: { p50: 2000, p95: 8000, max: 8000 },
        totalTokens: 10,
      },
    ]);
    expect(nodeStatistics([])).toEqual([]);
  });

  it('counts skipped executions, and does not time them', () => {
    const runs = [runOf([ran('a', 0, 2)]), runOf([ran('a', 0, 0, 'skipped')]), runOf([ran('b', 1, 1, 'skipped')])];
    expect(nodeStatistics(runs)).toMatchObject([
      { nodeId: 'a', executionCount: 2, durationMs: { p50: 2000, p95: 2000, max: 2000 } },
      { nodeId: 'b', executionCount: 1, durationMs: null },
    ]);
  });
});
