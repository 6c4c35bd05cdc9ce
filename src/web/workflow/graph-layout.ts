/** Where the nodes of a workflow's graph stand and how the edges run between them, from left to right. */
import { Graph, layout } from '@dagrejs/dagre';
import type { WorkflowGraphFragment } from '../__generated__/graphql.ts';

export interface PlacedNode {
  readonly id: string;
  readonly type: string | null;
  readonly description: string | null;
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface PlacedEdge {
  readonly id: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const NODE_HEIGHT = 44;
const CHARACTER_WIDTH = 7.4;
const PADDING = 12;

export function placeGraph({ nodes, edges }: WorkflowGraphFragment): PlacedGraph {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 44, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set(nodes.map(({ id }) => id));
  for (const { id, type } of nodes) {
    const width = Math.max(96, Math.max(id.length, (type ?? '').length) * CHARACTER_WIDTH + 2 * PADDING);
    graph.setNode(id, { width, height: NODE_HEIGHT });
  }
  // An edge may name a node that does not exist.
  const drawn = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  for (const { from, to } of drawn) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: nodes.map(({ id, type, description }) => {
      const place = graph.node(id) as { x: number; y: number; width: number };
      return { id, type: type ?? null, description: description ?? null, x: place.x, y: place.y, width: place.width };
    }),
    edges: drawn.map(({ from, to }) => {
      const { points } = graph.edge(from, to) as { points: { x: number; y: number }[] };
      return { id: `${from} → ${to}`, points };
    }),
  };
}
