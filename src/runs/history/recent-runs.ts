/**
 * Merges the histories of several workflows, newest first. A position contains one per history, so new runs don't move
 * it.
 */
import { compareText } from '../../domain/order.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { ReadContext } from '../read-context.ts';
import type { HistoryPosition, RunPosition } from './history-reader.ts';
import type { FoundRun } from './run-search.ts';
import { windowsOfEach, type HistoryPage, type OnFound, type RunFilter, type RunHistory } from './run-history.ts';

/** Sort key of a run: start, newest first, with runs that haven't started before all others; then the workflow's id. */
export interface RunPlace {
  readonly workflowId: string;
  /** Start in µs since 1970, or null if the run hasn't started. */
  readonly startMicros: number | null;
}

export const compareByPlace = (a: RunPlace, b: RunPlace): number => {
  const [from, to] = [a.startMicros ?? Infinity, b.startMicros ?? Infinity];
  return from === to ? compareText(a.workflowId, b.workflowId) : to > from ? 1 : -1;
};

export interface RecentPosition {
  /** The last run returned, or null. A workflow without a position continues after it. */
  readonly last: RunPlace | null;
  /** Positions by workflow id. */
  readonly positions: ReadonlyMap<string, HistoryPosition>;
}

export interface RecentEntry extends RunPlace, FoundRun {
  readonly position: RunPosition;
}

export interface UnavailableWorkflow {
  readonly workflowId: string;
  readonly error: GatewayError;
}

export interface RecentPage {
  readonly entries: readonly RecentEntry[];
  readonly hasNextPage: boolean;
  readonly start: RecentPosition;
  readonly end: RecentPosition;
  /** Sorted by workflow id. */
  readonly unavailable: readonly UnavailableWorkflow[];
  /** Number of runs compared with the filter, of all workflows. */
  readonly examined: number;
}

export interface RecentPageRequest {
  readonly workflowIds: readonly string[];
  readonly first: number;
  readonly after: RecentPosition | null;
  readonly filter: RunFilter | null;
}

/** Reads one page of each history and merges them. A history that can't be read is listed in `unavailable`. */
export type ReadRecentRuns = (
  request: RecentPageRequest,
  operation: ReadContext,
  onFound?: OnFound,
) => Promise<RecentPage>;

const BEGINNING: RecentPosition = { last: null, positions: new Map() };

export const createRecentRuns =
  (history: Pick<RunHistory, 'page'>): ReadRecentRuns =>
  async ({ workflowIds, first, after, filter }, operation, onFound) => {
    const start = after ?? BEGINNING;
    const unavailable: UnavailableWorkflow[] = [];
    const ids = [...new Set(workflowIds)].sort(compareText);
    const maxWindows = windowsOfEach(ids.length);
    const read = async (workflowId: string) => {
      try {
        const page = await history.page(
          { workflowId, first, after: positionIn(workflowId, start), filter, maxWindows },
          operation,
          onFound,
        );
        return [{ workflowId, page }];
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        unavailable.push({ workflowId, error });
        return [];
      }
    };
    const pages = await Promise.all(ids.map(read));
    unavailable.sort((a, b) => compareText(a.workflowId, b.workflowId));
    const examined = pages.flat().reduce((sum, { page }) => sum + page.examined, 0);
    return { ...mergePages(pages.flat(), first, start), start, unavailable, examined };
  };

/**
 * Returns where a history continues: at its own position, or after the last run of the others. Null for its newest run.
 */
function positionIn(workflowId: string, { last, positions }: RecentPosition): HistoryPosition | null {
  const own = positions.get(workflowId);
  if (own || last?.startMicros == null) return own ?? null;
  // With equal starts, workflows later in the order haven't been returned yet.
  const startMicros = last.startMicros + (compareText(workflowId, last.workflowId) > 0 ? 1 : 0);
  return { runId: null, offset: 0, startMicros };
}

interface PageOf {
  readonly workflowId: string;
  readonly page: HistoryPage;
}

/** Takes the newest entries. Stops at an exhausted page whose history continues, because its next run isn't known. */
export function mergePages(
  pages: readonly PageOf[],
  first: number,
  start: RecentPosition,
): Pick<RecentPage, 'entries' | 'hasNextPage' | 'end'> {
  const queues = pages.map(({ workflowId, page }) => ({
    page,
    waiting: page.entries.map(({ record, position, matchedIn }): RecentEntry => ({
      workflowId,
      startMicros: record.startTime?.epochMicros ?? null,
      position,
      matchedIn,
    })),
    /** End of a page whose history continues. Runs after it aren't returned with this page. */
    frontier: page.hasNextPage && page.end ? { workflowId, startMicros: page.end.startMicros } : null,
    workflowId,
  }));
  const entries: RecentEntry[] = [];
  const positions = new Map(start.positions);
  while (entries.length < first) {
    const [next] = queues.flatMap(({ waiting }) => waiting.slice(0, 1)).sort(compareByPlace);
    const isKnown = queues.every(
      ({ waiting, frontier }) => waiting.length > 0 || !frontier || (next && compareByPlace(next, frontier) <= 0),
    );
    if (!next || !isKnown) break;
    queues.find(({ workflowId }) => workflowId === next.workflowId)?.waiting.shift();
    entries.push(next);
    positions.set(next.workflowId, next.position);
  }
  for (const { workflowId, waiting, page } of queues) {
    if (waiting.length === 0 && page.end) positions.set(workflowId, page.end);
  }
  const last = entries.at(-1);
  return {
    entries,
    hasNextPage: queues.some(({ waiting, page }) => waiting.length > 0 || page.hasNextPage),
    end: { last: last ? { workflowId: last.workflowId, startMicros: last.startMicros } : start.last, positions },
  };
}
