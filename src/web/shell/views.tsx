/** Links to the views of a page. Each view has its own URL. */
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { useUrl } from '../url/url.ts';

export interface View {
  readonly name: string;
  readonly label: string;
}

export interface ViewsProps {
  readonly current: string;
  /** The first view is shown when the URL names none. */
  readonly views: readonly View[];
}

export function Views({ current, views }: ViewsProps) {
  const url = useUrl();
  const ref = useRef<HTMLElement>(null);
  // On a narrow screen only this strip scrolls, never the page.
  useEffect(() => {
    const strip = ref.current;
    const link = strip?.querySelector<HTMLElement>('[aria-current]');
    if (!strip || !link) return;
    const left = link.offsetLeft - strip.offsetLeft;
    const isSeen = left >= strip.scrollLeft && left + link.offsetWidth <= strip.scrollLeft + strip.clientWidth;
    if (!isSeen) strip.scrollLeft = left;
  }, [current]);
  return (
    <nav ref={ref} className="views" aria-label="Views">
      {views.map(({ name, label }, index) => (
        <Link
          key={name}
          to={url.link({ tab: index === 0 ? null : name })}
          className="focus-inside"
          aria-current={name === current ? 'page' : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
