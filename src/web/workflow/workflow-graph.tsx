/** The workflow's graph, drawn. What follows what is said in text too, for whoever can't see it. */
import { useMemo } from 'react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { NODE_HEIGHT, placeGraph, type PlacedEdge } from './graph-layout.ts';

const WORKFLOW_GRAPH = graphql(`
  fragment WorkflowGraph on WorkflowGraph {
    nodes {
      id
      type
      description
    }
    edges {
      from
      to
    }
    entry
    finish
  }
`);

export default function WorkflowGraph({ graph }: { readonly graph: FragmentType<typeof WORKFLOW_GRAPH> }) {
  const known = readFragment(WORKFLOW_GRAPH, graph);
  const placed = useMemo(() => placeGraph(known), [known]);
  const terminals = new Set([known.entry, known.finish]);
  return (
    <svg
      className="workflow-graph"
      width={placed.width}
      height={placed.height}
      role="img"
      aria-label={known.edges.map(({ from, to }) => `${from} leads to ${to}`).join(', ')}
    >
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path className="arrow" d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {placed.edges.map((edge) => (
        <path key={edge.id} className="edge" d={curveOf(edge)} markerEnd="url(#arrow)" />
      ))}
      {placed.nodes.map(({ id, type, description, x, y, width }) => (
        <g key={id} className={terminals.has(id) ? 'terminal' : undefined}>
          <title>{description ?? id}</title>
          <rect x={x - width / 2} y={y - NODE_HEIGHT / 2} width={width} height={NODE_HEIGHT} rx="5" />
          <text x={x} y={y - 3} textAnchor="middle">
            {id}
          </text>
          <text x={x} y={y + 13} textAnchor="middle" className="kind">
            {type}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** Through the middles between the points that the layout gives, so that no corner shows. */
function curveOf({ points }: PlacedEdge): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return '';
  const through = rest.map((point, index) => {
    const next = rest[index + 1] ?? last;
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return `M${first.x} ${first.y} ${through.join(' ')} L${last.x} ${last.y}`;
}
