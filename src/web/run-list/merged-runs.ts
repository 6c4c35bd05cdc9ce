/** Merges a list of runs with later changes. The state that was fetched last wins. */
import type { ListedRunFragment } from '../__generated__/graphql.ts';

export type ListedRun = ListedRunFragment;

export interface RunPage {
  readonly hasNextPage: boolean;
  /** Whether there are newer pages. */
  readonly hasPreviousPage: boolean;
}

export interface ChangedRuns {
  /** Changes from the current connection: a run that isn't listed is new. */
  readonly current: readonly ListedRun[];
  /** Changes from before a gap: a run that isn't listed may be gone since, so only states of listed runs count. */
  readonly beforeGap: readonly ListedRun[];
}

/**
 * A page of runs, newest first. A changed run that is older than the page belongs to a later page. A changed run that is
 * missing on a page of older runs belongs to an earlier page.
 */
export function mergeRuns(
  listed: readonly ListedRun[],
  { current, beforeGap }: ChangedRuns,
  { hasNextPage, hasPreviousPage }: RunPage,
): ListedRun[] {
  const oldest = hasNextPage ? listed.at(-1) : undefined;
  const keys = new Set(listed.map(keyOf));
  const added = hasPreviousPage ? [] : current;
  const changed = [...current, ...beforeGap].filter((run) => keys.has(keyOf(run)));
  return newestFirst([...added, ...changed, ...listed]).filter((run) => !oldest || startOf(run) >= startOf(oldest));
}

/** Each run appears once. */
export const newestFirst = (runs: readonly ListedRun[]): ListedRun[] =>
  latestStates(runs).sort((a, b) => (startOf(a) === startOf(b) ? 0 : startOf(b) > startOf(a) ? 1 : -1));

/** Latest state of each run by `fetchedAt`. If equal, a stale state wins, because a run becomes stale without a new fetch. */
export function latestStates(runs: readonly ListedRun[]): ListedRun[] {
  const latest = new Map<string, ListedRun>();
  for (const run of runs) {
    const known = latest.get(keyOf(run));
    if (!known || isLater(run, known)) latest.set(keyOf(run), run);
  }
  return [...latest.values()];
}

export const keyOf = ({ workflowId, id }: Pick<ListedRun, 'workflowId' | 'id'>): string => `${workflowId}\n${id}`;

function isLater({ freshness: a }: ListedRun, { freshness: b }: ListedRun): boolean {
  const difference = Date.parse(a.fetchedAt) - Date.parse(b.fetchedAt);
  return difference > 0 || (difference === 0 && a.isStale && !b.isStale);
}

/** Runs without a start come first. */
const startOf = ({ startedAt }: ListedRun): number => (startedAt == null ? Infinity : Date.parse(startedAt));
