/** A list of runs with what has changed since. Of two states of a run the one that was fetched later is shown. */
import type { ListedRunFragment, RunFilter } from '../__generated__/graphql.ts';

export type ListedRun = ListedRunFragment;

export interface RunPage {
  readonly hasNextPage: boolean;
  /** True of all pages but the newest one. */
  readonly hasPreviousPage: boolean;
}

export interface ChangedRuns {
  /** By the present connection: what is not listed is new. */
  readonly told: readonly ListedRun[];
  /** Before a gap: what is not listed may have gone in it, so that only the state of what is listed counts. */
  readonly toldBefore: readonly ListedRun[];
}

/**
 * A page of runs, newest first. A changed run that is older than the page belongs to a later one, and one that is not on a page
 * of older runs to an earlier one.
 */
export function mergeRuns(
  listed: readonly ListedRun[],
  { told, toldBefore }: ChangedRuns,
  filter: RunFilter,
  { hasNextPage, hasPreviousPage }: RunPage,
): ListedRun[] {
  const oldest = hasNextPage ? listed.at(-1) : undefined;
  const keys = new Set(listed.map(keyOf));
  const added = hasPreviousPage ? [] : told;
  const changed = [...told, ...toldBefore].filter((run) => keys.has(keyOf(run)));
  return newestFirst([...added, ...changed, ...listed]).filter(
    (run) => fits(run, filter) && (!oldest || startOf(run) >= startOf(oldest)),
  );
}

/** Each run once. */
export const newestFirst = (runs: readonly ListedRun[]): ListedRun[] =>
  latestStates(runs).sort((a, b) => (startOf(a) === startOf(b) ? 0 : startOf(b) > startOf(a) ? 1 : -1));

/** Of each run the state that was fetched last, and of equal ones the first: what has become stale was not fetched again. */
export function latestStates(runs: readonly ListedRun[]): ListedRun[] {
  const latest = new Map<string, ListedRun>();
  for (const run of runs) {
    const known = latest.get(keyOf(run));
    if (!known || isLater(run, known)) latest.set(keyOf(run), run);
  }
  return [...latest.values()];
}

const keyOf = ({ workflowId, id }: ListedRun): string => `${workflowId}\n${id}`;

function isLater({ freshness: a }: ListedRun, { freshness: b }: ListedRun): boolean {
  const difference = Date.parse(a.fetchedAt) - Date.parse(b.fetchedAt);
  return difference > 0 || (difference === 0 && a.isStale && !b.isStale);
}

/** A run that has not started stands first. */
const startOf = ({ startedAt }: ListedRun): number => (startedAt == null ? Infinity : Date.parse(startedAt));

function fits(run: ListedRun, { status, startedAfter, startedBefore, error }: RunFilter): boolean {
  if (status && !status.includes(run.status)) return false;
  if (error != null && run.error?.toLowerCase().includes(error.toLowerCase()) !== true) return false;
  if (startedAfter != null && (run.startedAt == null || startOf(run) < Date.parse(startedAfter))) return false;
  return startedBefore == null || startOf(run) < Date.parse(startedBefore);
}
