/** Edges of a graph. Screen readers get the successors of a node from the node itself. */
import { useId } from 'react';
import type { PlacedEdge, PlacedGraph } from './graph-layout.ts';

export function GraphEdges({ graph: { width, height, edges } }: { readonly graph: PlacedGraph }) {
  const arrow = useId();
  return (
    <svg width={width} height={height} aria-hidden="true">
      <defs>
        <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path className="arrow" d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {edges.map((edge) => (
        <path key={`${edge.from} ${edge.to}`} className="edge" d={curveOf(edge)} markerEnd={`url(#${arrow})`} />
      ))}
    </svg>
  );
}

/** Curve through the midpoints between the layout's points, so that the edge has no corners. */
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
