/** The views of a page, as links: each has an address of its own. */
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { useUrlQuery } from '../url/query.ts';
import './views.css';

export interface View {
  readonly name: string;
  readonly label: string;
}

export interface ViewsProps {
  readonly current: string;
  /** The first is what is shown when the address names none. */
  readonly views: readonly View[];
}

export function Views({ current, views }: ViewsProps) {
  const url = useUrlQuery();
  const ref = useRef<HTMLElement>(null);
  // On a small screen the views are wider than it is.
  useEffect(() => {
    ref.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  return (
    <nav ref={ref} className="views" aria-label="Views">
      {views.map(({ name, label }, index) => (
        <Link
          key={name}
          to={url.with({ tab: index === 0 ? null : name, after: null })}
          preventScrollReset
          aria-current={name === current ? 'page' : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
