import { describe, expect, it } from '@jest/globals';
import { compareRuns } from '../../src/domain/run/comparison.ts';
import { packLanes } from '../../src/domain/run/lanes.ts';
import { at, atSecond, ran, runOf } from './facts.ts';

describe('a run of ten thousand steps', () => {
  const inARow = Array.from({ length: 10_000 }, (_, i) => ran(`n${i}`, i / 4, (i + 1) / 4));

  it('has a critical path of all consecutive steps, with or without graph', () => {
    const nodes = inARow.map(({ nodeId }) => ({ id: nodeId, type: null, description: null }));
    const edges = inARow.slice(1).map((_, i) => ({ from: `n${i}`, to: `n${i + 1}` }));
    for (const graph of [null, { nodes, edges, entry: 'n0', finish: null }]) {
      const { criticalPath } = runOf(inARow, { now: 5000, graph });
      expect(criticalPath.durationMs).toBe(2_500_000);
      expect(criticalPath.steps).toHaveLength(10_000);
    }
  });

  it('has one lane and one path if all steps coincide', () => {
    const moment = { startTime: atSecond(0), endTime: atSecond(0) };
    const { criticalPath, timeline } = runOf(inARow.map((step) => ({ ...step, ...moment })));
    expect(criticalPath.steps).toHaveLength(10_000);
    expect(timeline.laneCount).toBe(1);
  });
});

describe('the work for a long run', () => {
  it('reads each step only a few times, even if many end together', () => {
    let looks = 0;
    const watched = (nodeId: string, start: number, end: number) => ({
      ...ran(nodeId, start, end),
      endTime: {
        ...at(end),
        get isWholeSecond() {
          looks += 1;
          return false;
        },
      },
    });
    const long = Array.from({ length: 1000 }, (_, place) => watched(`l${place}`, 0, 3));
    const short = long.map((_, place) => watched(`s${place}`, 2.1 + place / 1e4, 2.1001 + place / 1e4));
    expect(runOf([...long, ...short, watched('last', 2.3, 9)]).criticalPath.steps.length).toBeGreaterThan(500);
    expect(looks).toBeLessThan(20_000);
  });

  it('is linear in the number of steps', () => {
    const figures = ['timing', 'timeline', 'criticalPath', 'progress', 'repeatedNodes', 'remainingFailures'] as const;
    interface Draft {
      readonly status?: string;
      readonly inputs?: string;
      readonly reportedAttempt?: number;
    }
    type Shape = (place: number, count: number) => readonly [nodeId: string, start: number, end: number, draft?: Draft];
    const failed = { status: 'failed', inputs: 'equal' };
    const shapes: readonly Shape[] = [
      (place) => ['n', place / 1000, 4000, failed],
      (place, count) => ['n', place < count / 2 ? 0 : place, place < count / 2 ? 4000 : place + 1, failed],
      (place, count) => ['n', place, place < count / 2 ? place + 1 : 4000, failed],
      (place) => ['n', place, 4000 - place / 1000, { ...failed, inputs: `${place % 3}` }],
      (place) => ['n', place / 1000, 4000, { ...failed, reportedAttempt: 1 + (place % 3) }],
      (place) => [`n${place}`, place, place + 1],
      (place) => [`n${place % 7}`, 0, 0],
      (place) => ['n', (place * 7919) % 1000, 1000 + ((place * 104_729) % 1000)],
      (place) => [`n${place % 500}`, 1000 - (place % 1000), 2000],
    ];
    const looksAt = (shape: Shape, count: number) => {
      let looks = 0;
      const watched = (seconds: number) => {
        const { epochMicros, ...rest } = at(seconds);
        const look = () => {
          looks += 1;
          return epochMicros;
        };
        return Object.defineProperty({ ...rest, epochMicros }, 'epochMicros', { get: look });
      };
      const steps = Array.from({ length: count }, (_, place) => {
        const [nodeId, start, end, { status = place % 9 === 0 ? 'failed' : 'completed', ...draft } = {}] = shape(
          place,
          count,
        );
        const times = { startTime: watched(start), endTime: watched(end) };
        return { ...ran(nodeId, start, end, status, draft), ...times };
      });
      const run = runOf(steps, { now: 5000 });
      compareRuns(run, run);
      for (const figure of figures) expect(run[figure]).toBeDefined();
      return looks;
    };
    for (const shape of shapes) expect(looksAt(shape, 2000)).toBeLessThan(16 * looksAt(shape, 250));
  });

  it('takes a few comparisons per attempt that repeats none', () => {
    let comparisons = 0;
    const reportedAttempt = { valueOf: () => (comparisons += 1) } as unknown as number;
    const steps = Array.from({ length: 1000 }, () => ran('n', 0, 1, 'failed', { inputs: 'equal', reportedAttempt }));
    expect(runOf(steps).remainingFailures).toHaveLength(1000);
    expect(comparisons).toBeLessThanOrEqual(10_000);
  });

  it('takes a few comparisons per lane, even if all steps overlap', () => {
    let comparisons = 0;
    const start = { valueOf: () => 0 * (comparisons += 1) } as unknown as number;
    expect(packLanes(Array.from({ length: 1000 }, () => ({ start, end: 1 })))).toHaveLength(1000);
    expect(comparisons).toBeLessThanOrEqual(11_000);
  });
});
