/** A graph of nodes, drawn from left to right: fit and zoom, by mouse and by keyboard. A node may be a link. */
import { useEffect, useMemo, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { Maximize, ZoomIn, ZoomOut } from 'lucide-react';
import { Link } from 'react-router';
import type { WorkflowGraphFragment } from '../__generated__/graphql.ts';
import { formatCount } from '../format/numbers.ts';
import { Empty } from '../shell/notices.tsx';
import { useElementWidth } from '../format/element-width.ts';
import { GraphEdges } from './graph-edges.tsx';
import { neighbourOf, NODE_HEIGHT, placeGraph, type Extras, type PlacedNode } from './graph-layout.ts';

import { useGraphZoom, type GraphZoom } from './graph-zoom.ts';
import './graph.css';

/** How a node looks and where it leads. */
export interface NodeLook {
  readonly className?: string;
  readonly icon?: ReactNode;
  /** Beside its type. */
  readonly note?: string;
  /** What the look says, in words. */
  readonly words?: string;
  readonly to?: string;
  readonly isCurrent?: boolean;
}

export interface GraphProps {
  readonly graph: WorkflowGraphFragment;
  readonly label: string;
  readonly lookOf: (nodeId: string) => NodeLook;
  /** The room that looks need. */
  readonly extras?: Extras;
}

const NO_EXTRAS: Extras = { icon: 0, note: 0 };

/** The layout of so many takes half a second, and nobody finds anything among them. */
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
  const wheelRef = useWheelZoom(zoom);
  const { scale } = zoom;

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = (event.target as HTMLElement).dataset.node;
    const from = placed.nodes.find((node) => node.id === id);
    const next = from && neighbourOf(linked(placed.nodes, lookOf), from, event.key);
    if (event.key === '+' || event.key === '=') zoom.by(1);
    else if (event.key === '-') zoom.by(-1);
    else if (event.key === '0') zoom.fit();
    else if (next) event.currentTarget.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.id)}"]`)?.focus();
    else return;
    event.preventDefault();
  }

  return (
    <section className="panel graph" aria-label={label} onKeyDown={onKeyDown}>
      <ZoomButtons zoom={zoom} />
      <div ref={wheelRef} className="graph-frame">
        <div ref={panelRef} className="graph-scroll" tabIndex={0} role="group" aria-label="Nodes">
          <div className="graph-area" style={{ width: placed.width * scale, height: placed.height * scale }}>
            <div
              className="graph-drawing"
              style={{ width: placed.width, height: placed.height, transform: `scale(${scale})` }}
            >
              <GraphEdges graph={placed} />
              <ol>
                {placed.nodes.map((node) => (
                  <Node key={node.id} node={node} look={lookOf(node.id)} />
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

function Node({ node, look }: { readonly node: PlacedNode; readonly look: NodeLook }) {
  const { id, type, description, next, x, y, width, isTerminal } = node;
  const className = ['graph-node', look.className, isTerminal ? 'terminal' : ''].join(' ');
  const title = [id, type, look.words, description].filter((part) => part != null && part !== '').join(' · ');
  const content = (
    <>
      {look.icon}
      <span className="name">
        <bdi>{id}</bdi>
      </span>
      <span className="kind">{[type, look.note].filter((part) => part != null && part !== '').join(' · ') || ' '}</span>
      {look.words !== undefined && <span className="visually-hidden">, {look.words}</span>}
    </>
  );
  return (
    <li style={{ left: x - width / 2, top: y - NODE_HEIGHT / 2, width, height: NODE_HEIGHT }}>
      {look.to === undefined ? (
        <span className={className} title={title}>
          {content}
        </span>
      ) : (
        <Link
          to={look.to}
          preventScrollReset
          className={className}
          title={title}
          data-node={id}
          aria-current={look.isCurrent === true ? 'true' : undefined}
        >
          {content}
        </Link>
      )}
      {next.length > 0 && <span className="visually-hidden">leads to {next.join(', ')}</span>}
    </li>
  );
}

function ZoomButtons({ zoom }: { readonly zoom: GraphZoom }) {
  const buttons = [
    {
      label: 'Zoom out',
      icon: <ZoomOut aria-hidden="true" />,
      run: () => {
        zoom.by(-1);
      },
    },
    {
      label: 'Zoom in',
      icon: <ZoomIn aria-hidden="true" />,
      run: () => {
        zoom.by(1);
      },
    },
    { label: 'Fit', icon: <Maximize aria-hidden="true" />, run: zoom.fit },
  ];
  return (
    <div className="graph-zoom" role="group" aria-label="Zoom of the graph">
      {buttons.map(({ label, icon, run }) => (
        <button key={label} type="button" className="quiet icon-only" aria-label={label} title={label} onClick={run}>
          {icon}
        </button>
      ))}
      <span className="muted">{Math.round(zoom.scale * 100)} %</span>
    </div>
  );
}

/** With Ctrl or ⌘, as on a map. React listens passively, and then the whole page would zoom. */
function useWheelZoom(zoom: GraphZoom) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(zoom);
  useEffect(() => {
    latest.current = zoom;
  });
  useEffect(() => {
    const frame = ref.current;
    function onWheel(event: WheelEvent): void {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current.by(event.deltaY < 0 ? 1 : -1);
    }
    frame?.addEventListener('wheel', onWheel, { passive: false });
    return () => frame?.removeEventListener('wheel', onWheel);
  }, []);
  return ref;
}
