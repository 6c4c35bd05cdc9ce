/** Reads a workflow's graph. */
import { jsonBytes } from '../../domain/json-bytes.ts';
import type { GraphEdge, WorkflowGraph, WorkflowNode } from '../../domain/types.ts';
import { isObject, listOrNothing, objectOrNothing, textOrNothing, typeOf, type WireObject } from './fields.ts';

const MAX_GRAPH_BYTES = 2 ** 22;
/** Limit of nodes, and of edges, all of which are visited to derive a run. */
const MAX_PARTS = 10_000;

/** Names of a graph's ends in the upstream's edges. */
const START = 'START';
const END = 'END';

/** Omits and reports invalid edges, because the rest is still useful. Returns null if the graph is too large. */
export function readGraph(graph: WireObject): WorkflowGraph | null {
  const edges = listOrNothing(graph, 'edges') ?? [];
  const nodes = Object.entries(objectOrNothing(graph, 'nodes')?.fields ?? {});
  if (Math.max(edges.length, nodes.length) > MAX_PARTS || jsonBytes(graph.fields, MAX_GRAPH_BYTES) > MAX_GRAPH_BYTES) {
    graph.report(graph.path, 'lost', `at most ${MAX_PARTS} nodes and edges, and ${MAX_GRAPH_BYTES} bytes`, 'more');
    return null;
  }
  const pairs = edges.flatMap((edge) => {
    const pair = toEdge(edge);
    if (!pair) graph.report(`${graph.path}.edges[]`, 'lost', 'pair of strings', typeOf(edge));
    return pair ?? [];
  });
  const afterStart = pairs.filter(({ from }) => from === START).map(({ to }) => to);
  const beforeEnd = pairs.filter(({ to }) => to === END).map(({ from }) => from);
  return {
    nodes: nodes.map(([id, node]) => {
      if (!isObject(node)) graph.report(`${graph.path}.nodes[]`, 'lost', 'object', typeOf(node));
      return toNode(id, node);
    }),
    edges: pairs.filter(({ from, to }) => from !== START && to !== END),
    entry: pointOf(textOrNothing(graph, 'entry_point')) ?? onlyOneOf(afterStart),
    finish: pointOf(textOrNothing(graph, 'finish_point')) ?? onlyOneOf(beforeEnd),
  };
}

const onlyOneOf = (ids: readonly string[]): string | null => (ids.length === 1 ? (ids[0] ?? null) : null);

const pointOf = (point: string | null): string | null => (point === START || point === END ? null : point);

function toEdge(edge: unknown): GraphEdge | null {
  const [from, to] = Array.isArray(edge) ? (edge as readonly unknown[]) : [];
  return typeof from === 'string' && typeof to === 'string' ? { from, to } : null;
}

const toNode = (id: string, node: unknown): WorkflowNode => ({
  id,
  type: wordAt(node, 'type'),
  description: wordAt(valueAt(node, 'metadata'), 'description'),
});

const valueAt = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;

function wordAt(value: unknown, key: string): string | null {
  const word = valueAt(value, key);
  return typeof word === 'string' && word !== '' ? word : null;
}
