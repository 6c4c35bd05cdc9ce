/** Layout of a workflow's graph from left to right: positions of the nodes and points of the edges. */
import { Graph, layout } from '@dagrejs/dagre';
import type { WorkflowGraphFragment } from '../__generated__/graphql.ts';

export interface PlacedNode {
  readonly id: string;
  readonly type: string | null;
  readonly description: string | null;
  /** Whether it is the entry or the finish. */
  readonly isTerminal: boolean;
  /** Center of the node. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Successors of the node. */
  readonly next: readonly string[];
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  /** From left to right, then from top to bottom. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const NODE_HEIGHT = 48;
/** Average width of a character in the name, and in the smaller line below it. */
const CHARACTER_WIDTHS = { name: 8, kind: 6.4 };
const PADDING = 28;
const WIDTHS = { min: 110, max: 260 };

/** Pixels for the icon next to a node's name, and for the note next to its type. */
export interface Extras {
  readonly icon: number;
  readonly note: number;
}

export function placeGraph({ nodes, edges, entry, finish }: WorkflowGraphFragment, extras: Extras): PlacedGraph {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 40, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set(nodes.map(({ id }) => id));
  for (const { id, type } of nodes) {
    const text = Math.max(id.length * CHARACTER_WIDTHS.name, (type ?? '').length * CHARACTER_WIDTHS.kind + extras.note);
    const width = Math.min(WIDTHS.max, Math.max(WIDTHS.min, text + extras.icon + PADDING));
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
    nodes: nodes
      .map(({ id, type, description }) => {
        const { x, y, width: nodeWidth } = graph.node(id) as Point & { width: number };
        return {
          id,
          type: type ?? null,
          description: description ?? null,
          isTerminal: id === entry || id === finish,
          x,
          y,
          width: nodeWidth,
          next: drawn.filter(({ from }) => from === id).map(({ to }) => to),
        };
      })
      .sort((a, b) => a.x - b.x || a.y - b.y),
    edges: drawn.map(({ from, to }) => ({ from, to, points: (graph.edge(from, to) as { points: Point[] }).points })),
  };
}

/** Nearest node in the direction of an arrow key. Sideways distance counts double. */
export function neighborOf(nodes: readonly PlacedNode[], from: PlacedNode, key: string): PlacedNode | null {
  const side = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  if (!side) return null;
  const [sideX = 0, sideY = 0] = side;
  const distances = nodes.map((node) => {
    const [dx, dy] = [node.x - from.x, node.y - from.y];
    const ahead = dx * sideX + dy * sideY;
    return { node, ahead, distance: ahead + 2 * Math.abs(dx * sideY + dy * sideX) };
  });
  const onSide = distances.filter(({ ahead }) => ahead > 1);
  return onSide.sort((a, b) => a.distance - b.distance)[0]?.node ?? null;
}
