import { describe, expect, it } from '@jest/globals';
import { createSampler, expectationOf, nodeExpectations } from '../../src/domain/run/expectation.ts';
import type { RunRecord } from '../../src/domain/types.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

/** A run that starts at this second and takes this many seconds. */
const took = (start: number, seconds: number, rawStatus = 'completed'): RunRecord =>
  runRecord({ id: `${start}`, rawStatus, startTime: at(start), endTime: at(start + seconds) });
const tenRuns = Array.from({ length: 10 }, (_, index) => took(index, index + 1));
const expected = (records: readonly RunRecord[], start: number, run: Parameters<typeof expectationOf>[0]) =>
  expectationOf(run, createSampler(records).before(at(start)));
const running = (wallClockMs: number | null) => ({ status: 'RUNNING' as const, wallClockMs, isFinished: false });
const waiting = (wallClockMs: number) => ({ status: 'WAITING' as const, wallClockMs, isFinished: false });
const finished = (wallClockMs: number | null) => ({ status: 'COMPLETED' as const, wallClockMs, isFinished: true });

describe('the expectation of a run', () => {
  const usual = { sampleSize: 10, p50Ms: 5000, p95Ms: 10_000 };

  it.each([
    ['has time left until the median while running', running(2000), { remainingMs: 3000, overdueByMs: 0 }],
    ['has no time left beyond the median', running(7000), { remainingMs: 0, overdueByMs: 0 }],
    ['is overdue beyond the 95th percentile', running(11_500), { remainingMs: 0, overdueByMs: 1500 }],
    ['stays overdue after the end of a slow run', finished(11_500), { remainingMs: null, overdueByMs: 1500 }],
    ['is not overdue without a start', running(null), { remainingMs: null, overdueByMs: null }],
    ['is not overdue while the run waits', waiting(11_500), { remainingMs: null, overdueByMs: null }],
    ['is not overdue for a finished run of unknown length', finished(null), { remainingMs: null, overdueByMs: null }],
  ])('%s', (_, run, times) => {
    expect(expected(tenRuns, 10, run)).toEqual({ ...usual, ...times });
  });

  it('counts at least ten earlier completed runs of known length', () => {
    const others = [
      ...[took(-1, 50, 'failed'), took(-2, 50, 'cancelled'), took(-3, 50, 'running')],
      ...[runRecord({ id: 'endless', startTime: at(-4), endTime: null }), runRecord({ id: 'x', startTime: null })],
      took(10, 99),
    ];
    expect(expected([...others, ...tenRuns], 10, running(0))).toMatchObject(usual);
    expect(expected([...others, ...tenRuns], 9, running(0))).toBeNull();
  });

  it('samples the 100 runs before it, in any order', () => {
    const records = Array.from({ length: 300 }, (_, index) =>
      took(index, index % 2 === 0 ? index : 1, index % 2 ? 'failed' : 'done'),
    );
    const sampler = createSampler(records.toSorted((a, b) => (Number(a.id) % 7) - (Number(b.id) % 7)));
    const { runIds } = sampler.before(at(250));
    expect(runIds).toEqual(Array.from({ length: 50 }, (_, index) => `${248 - 2 * index}`));
    expect([at(100), at(99), null].map((start) => sampler.isFullBefore(start))).toEqual([true, false, true]);
    expect(sampler.before(null).runIds[0]).toBe('298');
  });
});

describe('the expectation of nodes', () => {
  it('counts completed executions, including those of failed runs and loops', () => {
    const runs = [
      runOf([ran('b', 0, 3), ran('a', 0, 1), ran('a', 1, 3), ran('skipped', 0, 0, 'skipped')]),
      runOf([ran('b', 0, 5, 'failed'), ran('b', 5, 9), ran('a', 0, null, 'running')]),
    ];
    expect(nodeExpectations(runs)).toEqual([
      { nodeId: 'a', sampleSize: 2, p50Ms: 1000, p95Ms: 2000 },
      { nodeId: 'b', sampleSize: 2, p50Ms: 3000, p95Ms: 4000 },
    ]);
  });
});
