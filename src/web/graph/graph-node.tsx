/** Node of a graph; a link if it has a target. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { NODE_HEIGHT, type PlacedNode } from './graph-layout.ts';

/** Appearance and link target of a node. */
export interface NodeLook {
  readonly className?: string;
  readonly icon?: ReactNode;
  /** Shown next to the node's type. */
  readonly note?: ReactNode;
  /** Meaning of the appearance, for assistive technology. */
  readonly words?: string;
  readonly to?: string;
  readonly isCurrent?: boolean;
}

export function GraphNode({ node, look }: { readonly node: PlacedNode; readonly look: NodeLook }) {
  const { id, type, description, next, x, y, width, isTerminal } = node;
  const className = ['graph-node', look.className, isTerminal ? 'terminal' : ''].join(' ');
  const title = [id, type, look.words, description].filter((part) => part != null && part !== '').join(' · ');
  const content = (
    <>
      {look.icon}
      <span className="mono ellipsis">
        <bdi>{id}</bdi>
      </span>
      <span className="kind ellipsis">
        {type}
        {type !== null && type !== '' && look.note != null && ' · '}
        {look.note}
      </span>
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
