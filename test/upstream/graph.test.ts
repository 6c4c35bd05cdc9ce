import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WorkflowGraph } from '../../src/domain/types.ts';
import { createDeviations } from '../../src/upstream/wire/deviations.ts';
import { readGraph } from '../../src/upstream/wire/graph.ts';

const deviations = createDeviations();
function graphOf(fields: Readonly<Record<string, unknown>>, report = deviations.add): WorkflowGraph {
  const graph = readGraph({ fields, exact: () => fields, path: 'graph', report });
  if (!graph) throw new Error('expected a graph');
  return graph;
}

const ends = fc.constantFrom('START', 'END', 'a', 'b', 'c');
const edges = fc.array(fc.tuple(ends, ends), { maxLength: 6 });
const points = fc.constantFrom(undefined, null, '', 'START', 'END', 'a', 'b');

describe("a workflow's graph", () => {
  it('has its edges without START and END; its ends are those that are named, else the only nodes beside START and END', () => {
    fc.assert(
      fc.property(edges, points, points, (pairs, entry, finish) => {
        const graph = graphOf({ nodes: {}, edges: pairs, entry_point: entry, finish_point: finish });
        expect(graph.edges).toEqual(
          pairs.flatMap(([from, to]) => (from === 'START' || to === 'END' ? [] : [{ from, to }])),
        );
        const named = (point: string | null | undefined) => (point === 'a' || point === 'b' ? point : null);
        const only = (ids: readonly string[]) => (ids.length === 1 ? ids[0] : null);
        expect(graph.entry).toBe(named(entry) ?? only(pairs.flatMap(([from, to]) => (from === 'START' ? [to] : []))));
        expect(graph.finish).toBe(named(finish) ?? only(pairs.flatMap(([from, to]) => (to === 'END' ? [from] : []))));
      }),
      { numRuns: 300 },
    );
  });

  it('has its nodes with what is a text of their type and description', () => {
    const words = fc.oneof(fc.string(), fc.constantFrom<unknown>(undefined, null, 7, ['x']));
    const nodes = fc.oneof(
      fc.record({ type: words, metadata: fc.oneof(fc.record({ description: words }), words) }),
      fc.constantFrom<unknown>(null, 'text', 7),
    );
    const textIn = (value: unknown, key: string) => {
      const word = Object(value) === value ? (value as Record<string, unknown>)[key] : null;
      return typeof word === 'string' && word !== '' ? word : null;
    };
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'START'), nodes), (all) => {
        expect(graphOf({ nodes: all }).nodes).toEqual(
          Object.entries(all).map(([id, node]) => ({
            id,
            type: textIn(node, 'type'),
            description: textIn((node as { metadata?: unknown } | null)?.metadata, 'description'),
          })),
        );
      }),
    );
  });

  it('is empty where nothing of it can be read, and says so of each part', () => {
    const { add, found } = createDeviations();
    expect(graphOf({ nodes: 7, edges: 'a>b', entry_point: [], finish_point: {} }, add)).toEqual({
      nodes: [],
      edges: [],
      entry: null,
      finish: null,
    });
    expect(graphOf({ edges: [['a', 7], [7, 'a'], 'ab', null] }, add).edges).toEqual([]);
    expect(found().map(({ field, outcome, expected, got, count }) => [field, outcome, expected, got, count])).toEqual([
      ['graph.edges', 'lost', 'array', 'string', 1],
      ['graph.nodes', 'lost', 'object', 'number', 1],
      ['graph.entry_point', 'lost', 'string', 'array', 1],
      ['graph.finish_point', 'lost', 'string', 'object', 1],
      ['graph.edges[]', 'lost', 'pair of strings', 'array', 4],
    ]);
  });
});
