/** Graph of nodes from left to right, with fit and zoom by mouse and keyboard. A node may be a link. */
import './graph.css';
import { useId, useMemo, useRef, type KeyboardEvent } from 'react';
import type { WorkflowGraphFragment } from '../__generated__/graphql.ts';
import { useWheelZoom, ZoomButtons } from '../controls/zoom-buttons.tsx';
import { useElementWidth } from '../hooks/element-width.ts';
import { formatCount } from '../format/numbers.ts';
import { Empty } from '../shell/notices.tsx';
import {
  neighborOf,
  placeGraph,
  type Extras,
  type PlacedEdge,
  type PlacedGraph,
  type PlacedNode,
} from './graph-layout.ts';
import { GraphNode, type NodeLook } from './graph-node.tsx';
import { useGraphZoom } from './graph-zoom.ts';

export interface GraphProps {
  readonly graph: WorkflowGraphFragment;
  readonly label: string;
  readonly lookOf: (nodeId: string) => NodeLook;
  /** Space for the icons and notes of the nodes. */
  readonly extras?: Extras;
}

const NO_EXTRAS: Extras = { icon: 0, note: 0 };

/** The layout of a larger graph takes half a second, and its nodes are too small to find. */
const MOST_NODES = 500;

export function Graph(props: GraphProps) {
  const count = props.graph.nodes.length;
  if (count <= MOST_NODES) return <DrawnGraph {...props} />;
  return <Empty title={`This graph has ${formatCount(count)} nodes: too many to draw`} />;
}

function DrawnGraph({ graph, label, lookOf, extras = NO_EXTRAS }: GraphProps) {
  const placed = useMemo(() => placeGraph(graph, extras), [graph, extras]);
  const [panelRef, panelWidth] = useElementWidth();
  const zoom = useGraphZoom(placed, panelWidth);
  const frame = useRef<HTMLDivElement>(null);
  useWheelZoom(frame, zoom);
  const { scale } = zoom;

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = event.target instanceof HTMLElement ? event.target.dataset.node : undefined;
    const from = placed.nodes.find((node) => node.id === id);
    const next = from && neighborOf(linked(placed.nodes, lookOf), from, event.key);
    if (event.key === '+' || event.key === '=') zoom.by(1);
    else if (event.key === '-') zoom.by(-1);
    else if (event.key === '0') zoom.reset();
    else if (next) event.currentTarget.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.id)}"]`)?.focus();
    else return;
    event.preventDefault();
  }

  return (
    <section className="panel graph" aria-label={label} onKeyDown={onKeyDown}>
      <ZoomButtons zoom={zoom} label="Zoom of the graph" resetLabel="Fit" />
      <div ref={frame} className="graph-frame">
        <div ref={panelRef} className="graph-scroll focus-inside" tabIndex={0} role="group" aria-label="Nodes">
          <div className="graph-area" style={{ width: placed.width * scale, height: placed.height * scale }}>
            <div
              className="graph-drawing"
              style={{ width: placed.width, height: placed.height, transform: `scale(${scale})` }}
            >
              <GraphEdges graph={placed} />
              <ol>
                {placed.nodes.map((node) => (
                  <GraphNode key={node.id} node={node} look={lookOf(node.id)} />
                ))}
              </ol>
            </div>
          </div>
        </div>
      </div>
    </section>
  );
}

const linked = (nodes: readonly PlacedNode[], lookOf: GraphProps['lookOf']) =>
  nodes.filter(({ id }) => lookOf(id).to !== undefined);

/** Edges of a graph. Screen readers get the successors of a node from the node itself. */
function GraphEdges({ graph: { width, height, edges } }: { readonly graph: PlacedGraph }) {
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
