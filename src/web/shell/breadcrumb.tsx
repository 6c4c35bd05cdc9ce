/** Links to the parent pages. Also sets the title of the browser tab, with the status of the shown run. */
import { Link } from 'react-router';
import type { Status } from '../status/status.tsx';
import { HOME } from '../url/links.ts';
import { useTab } from './tab.ts';

export interface Crumb {
  readonly label: string;
  readonly to: string;
}

export interface BreadcrumbProps {
  /** Pages between home and this one. Omitted on home. */
  readonly parents?: readonly Crumb[];
  readonly here: string;
  /** Title of the tab, if it says more than `here`. */
  readonly title?: string;
  /** Status of the shown run. */
  readonly status?: Status | null | undefined;
}

export function Breadcrumb({ parents, here, title, status = null }: BreadcrumbProps) {
  useTab(title ?? here, status);
  if (!parents) return null;
  return (
    <nav aria-label="Breadcrumb" className="breadcrumb small">
      <ol>
        {[{ label: 'Workflows', to: HOME }, ...parents].map(({ label, to }) => (
          <li key={to}>
            <Link to={to}>
              <bdi>{label}</bdi>
            </Link>
          </li>
        ))}
        <li aria-current="page">
          <bdi>{here}</bdi>
        </li>
      </ol>
    </nav>
  );
}
