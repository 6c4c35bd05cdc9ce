/** Process-wide store of each viewer's workflows. One upstream call lists all of them, graphs included. */
import type { WorkflowGraph, WorkflowRecord } from '../domain/types.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import { ListEntry, type Right, type Subject } from './entry.ts';
import type { ReadContext } from './read-context.ts';
import type { ReadThrough } from './read-through.ts';
import type { Source } from './source.ts';
import type { ViewerCache } from './viewer-cache.ts';

export type WorkflowList = ReadonlyMap<string, WorkflowRecord>;

export interface WorkflowStore {
  /** Workflows at most LIVE_TTL_MS old, for lists of workflows. */
  list(operation: ReadContext): Promise<WorkflowList>;
  /** Workflows at most a minute old: names and graphs rarely change, and must not cost a call per run. */
  recent(operation: ReadContext): Promise<WorkflowList>;
  peekGraph(workflowId: string, right: Right): WorkflowGraph | null;
}

export interface WorkflowStoreOptions {
  readonly upstream: UpstreamApi;
  readonly viewers: ViewerCache;
  readonly reads: ReadThrough;
  readonly liveTtlMs: number;
}

const NAME = 'workflows';
const SUBJECT: Subject<ListEntry<WorkflowList>> = {
  workflowId: '',
  name: NAME,
  entryOf: (right) => new ListEntry(right, '', NAME),
};
const RECENT_MS = 60_000;

export function createWorkflowStore({ upstream, viewers, reads, liveTtlMs }: WorkflowStoreOptions): WorkflowStore {
  const workflows = (lifetimeMs: number): Source<ListEntry<WorkflowList>, WorkflowList> => ({
    endpoint: 'workflows',
    partOf: ({ list }) => list,
    async fetch(_entry, call) {
      const { value, ...answer } = await upstream.listWorkflows(call);
      return { ...answer, value: new Map(value.map((workflow) => [workflow.id, workflow])) };
    },
    lifetimeMs: () => lifetimeMs,
    sharedMs: Math.max(liveTtlMs, RECENT_MS),
  });
  const current = workflows(liveTtlMs);
  const recent = workflows(Math.max(liveTtlMs, RECENT_MS));

  return {
    list: async (operation) => (await reads.get({ source: current, subject: SUBJECT }, operation)).value,
    recent: async (operation) => (await reads.get({ source: recent, subject: SUBJECT }, operation)).value,
    peekGraph: (workflowId, right) =>
      viewers.entryOf(right, SUBJECT).list.snapshot?.value.get(workflowId)?.graph ?? null,
  };
}
