/** The viewer's workflows, process-wide. One upstream call lists them all, graphs included. */
import type { WorkflowGraph, WorkflowRecord } from '../domain/types.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import type { ReadContext } from './read-context.ts';
import type { Resource, ResourceCache } from './resource-cache.ts';
import type { Viewer } from './viewer.ts';

export type WorkflowList = ReadonlyMap<string, WorkflowRecord>;

export interface WorkflowStore {
  /** At most LIVE_TTL_MS old: for lists of workflows. */
  list(operation: ReadContext): Promise<WorkflowList>;
  /** At most a minute old: a name or a graph seldom changes, and must not cost a call for every run. */
  recent(operation: ReadContext): Promise<WorkflowList>;
  /** The cached graph; null if there is none. */
  peekGraph(workflowId: string, viewer: Viewer): WorkflowGraph | null;
}

const RECENT_MS = 60_000;

export function createWorkflowStore(upstream: UpstreamApi, cache: ResourceCache, liveTtlMs: number): WorkflowStore {
  const workflows = (lifetimeMs: number): Resource<WorkflowList> => ({
    key: 'workflows',
    endpoint: 'workflows',
    workflowId: '',
    async fetch(call) {
      const { value, ...answer } = await upstream.listWorkflows(call);
      return { ...answer, value: new Map(value.map((workflow) => [workflow.id, workflow])) };
    },
    lifetimeMs: () => lifetimeMs,
    sharedMs: Math.max(liveTtlMs, RECENT_MS),
  });
  const current = workflows(liveTtlMs);
  const recent = workflows(Math.max(liveTtlMs, RECENT_MS));

  return {
    list: async (operation) => (await cache.get(current, operation)).cached.value,
    recent: async (operation) => (await cache.get(recent, operation)).cached.value,
    peekGraph: (workflowId, viewer) => cache.peek(viewer, recent)?.value.get(workflowId)?.graph ?? null,
  };
}
