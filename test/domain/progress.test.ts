import { describe, expect, it } from '@jest/globals';
import { graphOf, ran, runOf, runRecord } from '../support/facts.ts';

const running = { record: runRecord({ rawStatus: 'running', endTime: null }) };

describe('progress', () => {
  it('counts nodes seen, of an unknown total, without a graph', () => {
    const steps = [ran('a', 0, 1), ran('a', 1, 2), ran('b', 2, null, 'running')];
    expect(runOf(steps).progress).toEqual({ finished: 1, total: 2, isTotalKnown: false });
    expect(runOf(steps, { graph: graphOf() }).progress).toEqual({ finished: 1, total: 2, isTotalKnown: false });
  });

  it('looks at the latest attempt of a node alone', () => {
    const steps = [ran('a', 0, 1, 'failed'), ran('a', 1, null, 'running')];
    expect(runOf(steps).progress).toMatchObject({ finished: 0, total: 1 });
  });

  it('counts what can still be reached from the entry', () => {
    const graph = graphOf('a>b', 'b>c', 'x>y');
    expect(runOf([], { ...running, graph }).progress).toEqual({ finished: 0, total: 3, isTotalKnown: true });
  });

  it('counts what can be reached from executed nodes too', () => {
    const graph = graphOf('a>b', 'b>c', 'x>y');
    const steps = [ran('a', 0, 1), ran('x', 0, null, 'running')];
    expect(runOf(steps, { ...running, graph }).progress).toEqual({ finished: 1, total: 5, isTotalKnown: true });
  });

  it.each(['failed', 'cancelled', 'skipped'])('does not go through a node that was %s', (word) => {
    const graph = graphOf('a>b', 'b>c', 'a>d', 'd>e');
    const steps = [ran('a', 0, 1), ran('b', 1, 2, word)];
    expect(runOf(steps, { ...running, graph }).progress).toEqual({ finished: 2, total: 4, isTotalKnown: true });
  });

  it('goes around a failed node where another way leads on', () => {
    const graph = graphOf('a>b', 'b>d', 'a>c', 'c>d');
    const steps = [ran('a', 0, 1), ran('b', 1, 2, 'failed')];
    expect(runOf(steps, { ...running, graph }).progress).toMatchObject({ finished: 2, total: 4 });
  });

  it('of a finished run counts what was executed: nothing else can be reached any more', () => {
    const run = runOf([ran('a', 0, 1)], { record: runRecord(), graph: graphOf('a>b', 'a>c') });
    expect(run.progress).toEqual({ finished: 1, total: 1, isTotalKnown: true });
  });

  it('counts executed nodes that the graph does not know', () => {
    const run = runOf([ran('a', 0, 1), ran('new', 1, 2)], { ...running, graph: graphOf('a>b') });
    expect(run.progress).toEqual({ finished: 2, total: 3, isTotalKnown: true });
  });

  it('counts what follows an entry that has not run, and nothing that a failure cuts off', () => {
    const graph = graphOf('a>b', 'b>c', 'x>y', 'y>z');
    const steps = [ran('y', 0, 1, 'failed')];
    expect(runOf(steps, { ...running, graph }).progress).toEqual({ finished: 1, total: 4, isTotalKnown: true });
  });

  it('starts from the nodes without predecessors where the entry is unknown', () => {
    const graph = graphOf('a>b', 'c>b', 'd>e', 'e>d');
    expect(runOf([], { ...running, graph: { ...graph, entry: null } }).progress.total).toBe(3);
    expect(runOf([], { ...running, graph: { ...graph, entry: 'ghost' } }).progress.total).toBe(3);
  });

  it('counts no unknown node that an edge names', () => {
    const graph = graphOf('a>b');
    const edges = [...graph.edges, { from: 'b', to: 'ghost' }, { from: 'ghost', to: 'a' }];
    expect(runOf([], { ...running, graph: { ...graph, edges } }).progress.total).toBe(2);
  });

  it('ends in a graph of cycles', () => {
    const graph = graphOf('a>b', 'b>a', 'b>b', 'b>c');
    expect(runOf([ran('b', 0, 1)], { ...running, graph }).progress).toMatchObject({ finished: 1, total: 3 });
  });
});
