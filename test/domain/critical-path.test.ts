import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  predecessorsOf,
  reachableFrom,
  successorsOf,
  topologicalGroups,
} from '../../src/domain/critical-path/graph.ts';
import { walkBack } from '../../src/domain/critical-path/walk-back.ts';
import { byEnd, intervalsOf, type Interval } from '../../src/domain/run/intervals.ts';
import type { Timestamp } from '../../src/domain/timestamp.ts';
import type { Step, StepFacts } from '../../src/domain/types.ts';
import { arbitraryGraph, arbitrarySteps, at, atSecond, graphOf, listed, ran, runOf } from '../support/facts.ts';

const pathOf = (steps: readonly StepFacts[], ...edges: string[]) => {
  const { criticalPath } = runOf(steps, edges.length > 0 ? { graph: graphOf(...edges) } : {});
  const { durationMs, isInferred } = criticalPath;
  return [
    criticalPath.steps.map((step) => `${step.nodeId}${step.attemptCount > 1 ? step.attempt : ''}`).join(' '),
    durationMs,
    isInferred,
  ];
};

describe('the critical path along the graph', () => {
  it('is the chain of the longest duration', () => {
    const steps = [ran('a', 0, 1), ran('b', 1, 5), ran('c', 1, 2), ran('d', 5, 6)];
    expect(pathOf(steps, 'a>b', 'a>c', 'b>d', 'c>d')).toEqual(['a b d', 6000, false]);
  });

  it('follows the edges, not the clock, and tells the time that its steps cover', () => {
    const steps = [ran('a', 0, 1), ran('b', 1, 2), ran('x', 0, 10), ran('y', 2, 9)];
    expect(pathOf(steps, 'a>b', 'b>y', 'x')).toEqual(['x', 10_000, false]);
    expect(pathOf(steps, 'a>b', 'b>y', 'x>y')).toEqual(['x y', 10_000, false]);
    expect(pathOf([ran('x', 0, 20), ran('y', 10, 25)], 'x>y')).toEqual(['x y', 25_000, false]);
    expect(pathOf([ran('x', 0, 20), ran('x', 10, 25)], 'x')).toEqual(['x1 x2', 25_000, false]);
  });

  it('goes through nodes that did not run', () => {
    expect(pathOf([ran('a', 0, 3), ran('c', 3, 4), ran('d', 0, 3.5)], 'a>b', 'b>c', 'd')).toEqual(['a c', 4000, false]);
  });

  it('counts every execution of a node, and an overlap of them once', () => {
    const retried = [ran('a', 0, 2, 'failed'), ran('a', 3, 4), ran('b', 4, 5)];
    expect(pathOf(retried, 'a>b')).toEqual(['a1 a2 b', 4000, false]);
    const fannedOut = [ran('a', 0, 2), ran('a', 1, 3), ran('b', 3, 4)];
    expect(pathOf(fannedOut, 'a>b')).toEqual(['a1 a2 b', 4000, false]);
  });

  it('leaves out steps without a start', () => {
    const steps = [ran('a', null, null, 'completed', { elapsedTime: 4 }), ran('b', 0, 3)];
    expect(pathOf(steps, 'a', 'b')).toEqual(['b', 3000, false]);
    expect(pathOf(steps, 'a>b')).toEqual(['b', 3000, false]);
  });

  it('takes a cycle as one node', () => {
    const steps = [ran('in', 0, 1), ran('a', 1, 2), ran('b', 2, 3), ran('a', 3, 4), ran('b', 4, 5), ran('out', 5, 6)];
    expect(pathOf(steps, 'in>a', 'a>b', 'b>a', 'b>out', 'a>a')).toEqual(['in a1 b1 a2 b2 out', 6000, false]);
    expect(pathOf([ran('a', 0, 20), ran('b', 10, 25)], 'a>b', 'b>a')).toEqual(['a b', 25_000, false]);
  });

  it('takes the chain of more steps where durations tie', () => {
    expect(pathOf([ran('a', 0, 1), ran('b', 1, 1), ran('c', 0, 1)], 'c', 'a>b')).toEqual(['a b', 1000, false]);
  });

  it('passes over edges that name unknown nodes, and nodes that the graph does not know', () => {
    const graph = graphOf('a>b');
    const edges = [...graph.edges, { from: 'b', to: 'ghost' }, { from: 'ghost', to: 'a' }];
    const { criticalPath } = runOf([ran('a', 0, 1), ran('b', 1, 2), ran('new', 2, 9)], { graph: { ...graph, edges } });
    expect(criticalPath).toMatchObject({ durationMs: 2000, isInferred: false });
  });

  it('is empty, not inferred, where no executed node is in the graph', () => {
    expect(pathOf([ran('x', 0, 1), ran('y', 1, 2)], 'a>b')).toEqual(['', 0, false]);
    expect(pathOf([], 'a>b')).toEqual(['', 0, false]);
  });

  it('is inferred where the graph has no nodes', () => {
    const { criticalPath } = runOf([ran('x', 0, 1), ran('y', 1, 2)], { graph: graphOf() });
    expect(criticalPath).toMatchObject({ durationMs: 2000, isInferred: true });
  });

  it('equals the longest of all paths of a random graph without cycles', () => {
    const node = fc.record({ seconds: fc.option(fc.integer({ min: 0, max: 9 })), edges: fc.array(fc.nat(8)) });
    fc.assert(
      fc.property(fc.array(node, { minLength: 1, maxLength: 9 }), (nodes) => {
        // Edges lead to higher numbers only. A node of null seconds did not run.
        const edges = nodes.flatMap((from, i) =>
          from.edges.filter((to) => to > i && to < nodes.length).map((to) => [i, to] as const),
        );
        const longestFrom = (i: number): number =>
          (nodes[i]?.seconds ?? 0) +
          Math.max(0, ...edges.filter(([from]) => from === i).map(([, to]) => longestFrom(to)));
        const longest = Math.max(...nodes.map((_, i) => longestFrom(i)));
        const steps = nodes.flatMap(({ seconds }, i) =>
          seconds === null ? [] : [ran(`n${i}`, i * 10, i * 10 + seconds)],
        );
        fc.pre(steps.length > 0);

        const graph = graphOf(...nodes.map((_, i) => `n${i}`), ...edges.map(([from, to]) => `n${from}>n${to}`));
        expect(runOf(steps, { graph }).criticalPath).toMatchObject({ durationMs: longest * 1000, isInferred: false });
      }),
    );
  });

  it('ends for any graph, and visits no step twice', () => {
    fc.assert(
      fc.property(arbitrarySteps(), arbitraryGraph, (steps, graph) => {
        const path = runOf(steps, { graph }).criticalPath;
        expect(new Set(path.steps).size).toBe(path.steps.length);
        expect(path.durationMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the groups of a graph', () => {
  it('hold each node once: it alone, or all nodes of a cycle, before all that follow them', () => {
    fc.assert(
      fc.property(arbitraryGraph, (graph) => {
        const successors = successorsOf(graph);
        const groups = topologicalGroups(successors);
        expect(groups.flat().sort()).toEqual([...new Set(graph.nodes.map(({ id }) => id))].sort());
        const from = (id: string) => reachableFrom([id], successors, () => true);
        const known = graph.nodes.map(({ id }) => id);
        for (const [place, group] of groups.entries()) {
          const [first = 'none'] = group;
          expect(known).toContain(first);
          expect(group.toSorted()).toEqual(
            [...new Set(known)].filter((id) => from(first).has(id) && from(id).has(first)).sort(),
          );
          const later = new Set(groups.slice(place).flat());
          for (const id of group) expect(from(id).difference(later).size).toBe(0);
        }
      }),
    );
  });

  it('follow edges between known nodes alone, which lead back as they lead on', () => {
    fc.assert(
      fc.property(arbitraryGraph, (graph) => {
        const successors = successorsOf(graph);
        const ids = [...successors.keys()];
        expect(ids).toEqual([...new Set(graph.nodes.map(({ id }) => id))]);
        const known = graph.edges.filter(({ from, to }) => ids.includes(from) && ids.includes(to));
        const pairs = (map: typeof successors) =>
          [...map].flatMap(([id, others]) => others.map((other) => [id, other]));
        expect(pairs(successors).sort()).toEqual(known.map(({ from, to }) => [from, to]).sort());
        expect(pairs(predecessorsOf(successors)).sort()).toEqual(known.map(({ from, to }) => [to, from]).sort());
      }),
    );
  });
});

describe('the critical path without a graph', () => {
  it('walks back from the step that ended last, each time to the latest end', () => {
    const steps = [ran('a', 0, 1), ran('b', 1.5, 2.5), ran('c', 1.2, 2.75), ran('d', 3.25, 6), ran('e', 3.25, 5)];
    expect(pathOf(steps)).toEqual(['a c d', 5300, true]);
  });

  it('does not go to a step that ended a moment too late', () => {
    expect(pathOf([ran('a', 0.25, 1.5), ran('b', 1.25, 3.5)])).toEqual(['b', 2250, true]);
    expect(pathOf([ran('a', 0.25, 1.25), ran('b', 1.25, 3.5)])).toEqual(['a b', 3250, true]);
  });

  it('tolerates a second where the start is only known to the second', () => {
    const b = (start: number) => ran('b', null, 9.5, 'completed', { startTime: atSecond(start) });
    expect(pathOf([ran('a', 0.25, 3.75), b(3)])).toEqual(['a b', 9250, true]);
    expect(pathOf([ran('a', 0.25, 4.25), b(3)])).toEqual(['b', 6500, true]);
  });

  it('tolerates a second where the end is only known to the second', () => {
    const toldByClock = ran('a', 0.5, null, 'completed', { endTime: atSecond(4) });
    const toldByElapsed = ran('a', 0.5, null, 'completed', { elapsedTime: 3 });
    expect(pathOf([toldByClock, ran('b', 3.25, 9.25)])).toEqual(['a b', 8750, true]);
    expect(pathOf([toldByElapsed, ran('b', 2.75, 9.75)])).toEqual(['a b', 9250, true]);
    expect(pathOf([toldByElapsed, ran('b', 2.25, 9.25)])).toEqual(['b', 7000, true]);
  });

  it('goes from no step that still runs, and has a running one end now', () => {
    const running = (elapsedTime: number) => ran('a', 90.5, null, 'running', { elapsedTime });
    expect(pathOf([running(2), ran('b', 93, 94)])).toEqual(['a', 9500, true]);
    expect(pathOf([running(2), ran('b', 99.5, null, 'running')])).toEqual(['b', 500, true]);
    expect(pathOf([running(2), ran('b', 93, 94)], 'a', 'b')).toEqual(['a', 9500, false]);
  });

  it('does not take a step that started at the same second for one before', () => {
    const twin = (nodeId: string) =>
      ran(nodeId, null, null, 'completed', { startTime: atSecond(1), endTime: atSecond(2) });
    expect(pathOf([twin('a'), twin('b')])).toEqual(['b', 1000, true]);
  });

  it('goes through steps of no length, once each', () => {
    expect(pathOf([ran('a', 1, 1), ran('b', 1, 1), ran('c', 1, 2)])).toEqual(['a b c', 1000, true]);
  });

  it('is empty where no step can be placed', () => {
    expect(pathOf([ran('a', null, 3), ran('b', 1, null, 'queued')])).toEqual(['', 0, true]);
    expect(pathOf([])).toEqual(['', 0, true]);
  });

  it('agrees with a plain search among all steps', () => {
    fc.assert(
      fc.property(arbitrarySteps({ isAbsurd: false }), (steps) => {
        const exact = steps.filter((step) => !step.startTime?.isWholeSecond && !step.endTime?.isWholeSecond);
        const ended = exact.filter(
          ({ startTime: start, endTime: end }) => start && end && start.epochMicros < end.epochMicros,
        );
        const run = runOf(ended);
        // No two steps are of length 0 here, and no moment is rough: the definition, word by word.
        const key = (step: StepFacts) => [step.endTime?.epochMicros ?? 0, step.startTime?.epochMicros ?? 0, step.index];
        const last = (candidates: readonly StepFacts[]) =>
          candidates.toSorted((a, b) => {
            const [[aEnd = 0, aStart = 0, aIndex = 0], [bEnd = 0, bStart = 0, bIndex = 0]] = [key(a), key(b)];
            return aEnd - bEnd || aStart - bStart || aIndex - bIndex;
          })[candidates.length - 1];
        const expected: number[] = [];
        for (let step = last(listed(ended)); step;) {
          expected.unshift(step.index);
          const start = step.startTime?.epochMicros ?? 0;
          step = last(listed(ended).filter((other) => (other.endTime?.epochMicros ?? 0) <= start));
        }
        expect(run.criticalPath.steps.map((step) => step.index)).toEqual(expected);
      }),
    );
  });
});

describe('the critical path without a graph, rough moments and steps of no length among others', () => {
  /** The definition, word by word: the last in order of end of those that may have been waited for. */
  function defined(steps: readonly Step[]): Step[] {
    const ended = byEnd(intervalsOf(steps));
    const isWhole = (moment: Timestamp | null) => moment?.isWholeSecond === true;
    const before = (current: Interval<Step>) => (candidate: Interval<Step>) => {
      const { step, start, end } = candidate;
      const isRough =
        isWhole(current.step.startTime) ||
        isWhole(step.endTime) ||
        (step.durationSource === 'ELAPSED_SECONDS' && step.status !== 'RUNNING');
      if (end > current.start + (isRough ? 1_000_000 : 0)) return false;
      if (start !== current.start) return start < current.start;
      return end === start && (current.end > current.start || step.index < current.step.index);
    };
    const path: Step[] = [];
    for (let current = ended.at(-1); current; current = ended.findLast(before(current))) path.unshift(current.step);
    return path;
  }

  const moment = fc.tuple(fc.nat(16), fc.boolean()).map(([quarters, isWhole]) => ({
    ...at(quarters / 4),
    isWholeSecond: isWhole,
  }));
  const step = fc.record({ startTime: moment, endTime: fc.option(moment), elapsedTime: fc.nat(3) });

  it('is as it is defined', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (times) => {
        const { steps } = runOf(times.map((each, at) => ran(`n${at}`, null, null, 'completed', each)));
        expect(walkBack(steps)).toEqual(defined(steps));
      }),
      { numRuns: 1000 },
    );
  });

  it('looks at each step a few times, however many end within a second', () => {
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
    const short = Array.from({ length: 1000 }, (_, place) =>
      watched(`s${place}`, 2.1 + place / 1e4, 2.1001 + place / 1e4),
    );
    expect(runOf([...long, ...short, watched('last', 2.3, 9)]).criticalPath.steps.length).toBeGreaterThan(500);
    expect(looks).toBeLessThan(20_000);
  });
});

describe('long runs', () => {
  const inARow = Array.from({ length: 10_000 }, (_, i) => ran(`n${i}`, i / 4, (i + 1) / 4));

  it('have long paths, without a graph and with one', () => {
    const edges = inARow.slice(1).map((_, i) => `n${i}>n${i + 1}`);
    expect(runOf(inARow, { now: 5000 }).criticalPath).toMatchObject({ durationMs: 2_500_000 });
    expect(runOf(inARow, { now: 5000, graph: graphOf(...edges) }).criticalPath.steps).toHaveLength(10_000);
  });

  it('may hold ten thousand steps at one moment', () => {
    const { criticalPath, timeline } = runOf(
      inARow.map((step) => ({ ...step, startTime: atSecond(0), endTime: atSecond(0) })),
    );
    expect(criticalPath.steps).toHaveLength(10_000);
    expect(timeline.laneCount).toBe(1);
  });
});
