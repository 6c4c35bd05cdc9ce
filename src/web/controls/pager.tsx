/** Links to the pages of a list. The browser's history keeps the cursors of earlier pages. */
import { Link, useLocation } from 'react-router';

export interface PagerProps {
  /** Parameter of this list: a page may have two lists. */
  readonly name: string;
  /** Cursor of the shown page; `null` on the first one. */
  readonly cursor: string | null;
  readonly linkOf: (cursor: string | null) => string;
  /** Cursor of the next page; `null` or `undefined` on the last one. */
  readonly endCursor: string | null | undefined;
  readonly labels: { readonly first: string; readonly previous: string; readonly next: string };
}

export const RUN_PAGES = { first: 'Newest runs', previous: 'Newer runs', next: 'Older runs' };
export const WORKFLOW_PAGES = { first: 'First workflows', previous: 'Previous workflows', next: 'More workflows' };

export function Pager({ name, cursor, linkOf, endCursor, labels }: PagerProps) {
  const state: unknown = useLocation().state;
  const trail = trailOf(state, name);
  const linkTo = (after: string | null, newTrail: readonly string[], label: string) => (
    <Link to={linkOf(after)} state={{ [name]: newTrail }} onClick={() => window.scrollTo(0, 0)}>
      {label}
    </Link>
  );
  const previous = trail.at(-1);
  if (cursor === null && endCursor == null) return null;
  return (
    <nav className="toolbar" aria-label="Pages">
      {cursor !== null && linkTo(null, [], labels.first)}
      {cursor !== null && previous !== undefined && linkTo(previous || null, trail.slice(0, -1), labels.previous)}
      {endCursor != null && linkTo(endCursor, [...trail, cursor ?? ''], labels.next)}
    </nav>
  );
}

/** Empty after a link from elsewhere: only the first page can be reached then. */
function trailOf(state: unknown, name: string): readonly string[] {
  const trail: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, name) : null;
  return Array.isArray(trail) ? trail.filter((cursor) => typeof cursor === 'string') : [];
}
