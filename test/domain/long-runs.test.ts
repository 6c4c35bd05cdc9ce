import { describe, expect, it } from '@jest/globals';
import { packLanes } from '../../src/domain/run/lanes.ts';
import { at, atSecond, ran, runOf } from './facts.ts';

describe('a run of ten thousand steps', () => {
  const inARow = Array.from({ length: 10_000 }, (_, i) => ran(`n${i}`, i / 4, (i + 1) / 4));

  it('has a critical path of all that follow one another, without a graph and with one', () => {
    const nodes = inARow.map(({ nodeId }) => ({ id: nodeId, type: null, description: null }));
    const edges = inARow.slice(1).map((_, i) => ({ from: `n${i}`, to: `n${i + 1}` }));
    for (const graph of [null, { nodes, edges, entry: 'n0', finish: null }]) {
      const { criticalPath } = runOf(inARow, { now: 5000, graph });
      expect(criticalPath.durationMs).toBe(2_500_000);
      expect(criticalPath.steps).toHaveLength(10_000);
    }
  });

  it('has one lane and one path where all of them are at one moment', () => {
    const moment = { startTime: atSecond(0), endTime: atSecond(0) };
    const { criticalPath, timeline } = runOf(inARow.map((step) => ({ ...step, ...moment })));
    expect(criticalPath.steps).toHaveLength(10_000);
    expect(timeline.laneCount).toBe(1);
  });
});

describe('the work for a long run', () => {
  it('is a few looks at each step for the critical path, however many end within a second', () => {
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

  it('is a few comparisons for each lane, also where all steps overlap', () => {
    let comparisons = 0;
    const start = { valueOf: () => 0 * (comparisons += 1) } as unknown as number;
    expect(packLanes(Array.from({ length: 1000 }, () => ({ start, end: 1 })))).toHaveLength(1000);
    expect(comparisons).toBeLessThanOrEqual(10_000);
  });
});
