/** Two ticked runs of a list, newest first, are compared: the older one is the base. */
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { ListedRun } from '../run-list/merged-runs.ts';
import { comparisonLink } from '../url/links.ts';
import './ticked-runs.css';

export interface TickedRuns {
  readonly tickOf: (run: ListedRun) => ReactNode;
  /** Leads to the comparison, or says that a second run is needed. */
  readonly link: ReactNode;
}

export function useTickedRuns(runs: readonly ListedRun[]): TickedRuns {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [head, base] = runs.filter(({ id }) => ids.includes(id));
  return {
    tickOf: ({ id }) => (
      <input
        type="checkbox"
        className="compare-tick"
        aria-label={`Compare ${id}`}
        title="Tick two runs to compare them"
        checked={ids.includes(id)}
        disabled={base !== undefined && !ids.includes(id)}
        onChange={({ target }) => setIds(target.checked ? [...ids, id] : ids.filter((one) => one !== id))}
      />
    ),
    link:
      base && head ? (
        <Link className="button primary" to={comparisonLink(head, base)}>
          Compare the two
        </Link>
      ) : (
        head && <span className="muted">Tick a second run to compare.</span>
      ),
  };
}
