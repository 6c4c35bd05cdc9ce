/** Pages of workflows and runs, as their resolvers read them. */
import type { WorkflowRecord } from '../../domain/types.ts';
import type { RecentPage } from '../../runs/history/recent-runs.ts';
import type { HistoryPage } from '../../runs/history/run-history.ts';
import type { WorkflowRef } from '../object-references.ts';
import { readWorkflowCursor, RecentCursors, runCursor, workflowCursor } from './cursors.ts';

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** A run on a page. More data is loaded when selected. */
export interface ListedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly cursor: string;
  /** Field that matches the search, or null without a search. */
  readonly matchedIn: string | null;
}

export type RunPage = ReturnType<typeof runPage>;
export type RecentRunsPage = ReturnType<typeof recentRunsPage>;
export type WorkflowPage = ReturnType<typeof workflowPage>;

export function runPage(workflowId: string, page: HistoryPage, isFirst: boolean) {
  const { entries, hasNextPage, end, examined } = page;
  const runs = entries.map(({ position, matchedIn }): ListedRun => {
    return { workflowId, runId: position.runId, cursor: runCursor(position), matchedIn };
  });
  const pageInfo = {
    hasNextPage,
    hasPreviousPage: !isFirst,
    startCursor: runs[0]?.cursor ?? null,
    endCursor: end && runCursor(end),
  };
  return { runs, pageInfo, runsExamined: examined };
}

export function recentRunsPage(page: RecentPage, isFirst: boolean) {
  const { entries, start, end, hasNextPage, unavailable } = page;
  const edges = (count: number): ListedRun[] => {
    const cursors = new RecentCursors(start.positions);
    return entries.slice(0, count).map(({ workflowId, startMicros, position, matchedIn }) => {
      cursors.move(workflowId, position);
      const cursor = cursors.cursor({ workflowId, startMicros });
      return { workflowId, runId: position.runId, cursor, matchedIn };
    });
  };
  return {
    runs: entries.map(({ workflowId, position }) => ({ workflowId, runId: position.runId })),
    /**
     * The same runs with cursors. A cursor contains a position in each workflow, so cursors are created only if
     * selected.
     */
    edges: () => edges(entries.length),
    pageInfo: {
      hasNextPage,
      hasPreviousPage: !isFirst,
      startCursor: edges(1)[0]?.cursor ?? null,
      endCursor: end.positions.size > 0 ? new RecentCursors(end.positions).cursor(end.last) : null,
    },
    runsExamined: page.examined,
    unavailableWorkflows: unavailable.map(({ workflowId }) => ({ id: workflowId })),
  };
}

interface WorkflowPageRequest {
  readonly first: number;
  readonly after: string | null;
  readonly search: string | null;
}

/** A cursor of a deleted workflow leads to the first page, because its position is unknown. */
export function workflowPage(all: readonly WorkflowRecord[], { first, after, search }: WorkflowPageRequest) {
  const lowerCase = search?.toLowerCase();
  const found = lowerCase ? all.filter((workflow) => workflowMentions(workflow, lowerCase)) : all;
  const afterId = after === null ? null : readWorkflowCursor(after);
  const start = found.findIndex(({ id }) => id === afterId) + 1;
  const nodes = found.slice(start, start + first).map(({ id }) => ({ id }));
  const pageInfo = {
    hasNextPage: start + first < found.length,
    hasPreviousPage: start > 0,
    startCursor: cursorOf(nodes[0]),
    endCursor: cursorOf(nodes.at(-1)),
  };
  return { nodes, pageInfo, totalCount: found.length };
}

const cursorOf = (workflow: WorkflowRef | undefined): string | null => (workflow ? workflowCursor(workflow.id) : null);

const workflowMentions = ({ id, name, description }: WorkflowRecord, lowerCase: string): boolean =>
  [id, name, description].some((text) => text?.toLowerCase().includes(lowerCase));
