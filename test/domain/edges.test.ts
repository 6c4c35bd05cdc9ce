/** Edge cases of a run's values that random runs rarely reach. `test/reference` compares all others. */
import { describe, expect, it } from '@jest/globals';
import { compareRuns } from '../../src/domain/run/comparison.ts';
import { at, atSecond, ran, runOf, runRecord } from './facts.ts';

describe('the end of a run', () => {
  const written = ran('a', 0, null, 'completed', { endTime: atSecond(5) });
  const computed = ran('b', 0, null, 'completed', { elapsedTime: 3 });
  const record = runRecord({ endTime: at(2) });

  it('is the one sent, or computed', () => {
    expect(runOf([written, computed]).endedAt).toBe(written.endTime);
    expect(runOf([computed]).endedAt).toEqual(at(3));
  });

  it('keeps the times of the upstream at edges of timelines and gaps', () => {
    expect(runOf([written], { record }).timeline.endedAt).toBe(written.endTime);
    expect(runOf([computed], { record }).timeline.endedAt).toEqual(at(3));
    expect(runOf([written, ran('c', 7, 9)], { record }).timing.longestGap?.startedAt).toBe(written.endTime);
    expect(runOf([computed, ran('c', 7, 9)], { record }).timing.longestGap?.startedAt).toEqual(at(3));
  });
});

describe('the timeline', () => {
  it('draws a bar for each step starting within a day', () => {
    const [first, last, micro] = [-86_400, 10 + 86_400, 1e-6];
    const nodesOf = (...starts: number[]) => {
      const steps = starts.map((start) => ran(`at ${start}`, start, start));
      return runOf(steps, { record: runRecord() }).timeline.bars.map((bar) => bar.step.nodeId);
    };
    expect(nodesOf(first, last)).toEqual([`at ${first}`, `at ${last}`]);
    expect(nodesOf(first - micro, last + micro)).toEqual([]);
  });
});

describe('the comparison of two runs', () => {
  it.each([
    [10, 11, 'UNCHANGED'],
    [10, 11.001, 'SLOWER'],
    [11, 10, 'UNCHANGED'],
    [11.001, 10, 'FASTER'],
    [0.1, 0.2, 'UNCHANGED'],
    [0.1, 0.201, 'SLOWER'],
    [0.101, 0, 'FASTER'],
  ])('reports %p s against %p s as %s, above 10 %%', (base, head, change) => {
    const { nodes } = compareRuns(runOf([ran('a', 0, base)]), runOf([ran('a', 0, head)]));
    expect(nodes.map((node) => node.change)).toEqual([change]);
  });

  it('compares the time of all attempts, not only the last', () => {
    const base = runOf([ran('a', 0, 1.8)]);
    const head = runOf([ran('a', 0, 1.7, 'failed', { inputs: 'x' }), ran('a', 2, 3.48, 'completed', { inputs: 'x' })]);
    expect(compareRuns(base, head).nodes).toMatchObject([
      { ...{ change: 'SLOWER', baseAttempts: 1, headAttempts: 2 }, baseTotalMs: 1800, headTotalMs: 3180 },
    ]);
  });

  it('omits the token difference beyond 2^53, where sums are rounded', () => {
    const of = (...tokens: number[]) => runOf(tokens.map((each) => ran('a', 0, 1, 'completed', { tokens: each })));
    expect(compareRuns(of(3e9, 1), of(3e9, 2)).tokenDelta).toBe(1);
    expect(compareRuns(of(1), of(Number.MAX_SAFE_INTEGER, 1)).tokenDelta).toBeNaN();
    expect(compareRuns(of(Number.MAX_SAFE_INTEGER, 1), of(1)).tokenDelta).toBeNaN();
  });
});
