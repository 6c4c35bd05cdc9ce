/** Where the page is, and the way back; it names the document too. */
import { useEffect } from 'react';
import { Link } from 'react-router';
import './breadcrumb.css';

export interface Crumb {
  readonly label: string;
  readonly to: string;
}

export function Breadcrumb({ crumbs, here }: { readonly crumbs: readonly Crumb[]; readonly here: string }) {
  useEffect(() => {
    document.title = `${here} – Stepgate`;
  }, [here]);
  if (crumbs.length === 0) return null;
  return (
    <nav aria-label="Breadcrumb" className="breadcrumb">
      <ol>
        {crumbs.map(({ label, to }) => (
          <li key={to}>
            <Link to={to}>{label}</Link>
          </li>
        ))}
        <li aria-current="page">{here}</li>
      </ol>
    </nav>
  );
}
