/** Workflows of one GraphQL operation. Each of the two lists is read at most once. */
import type { WorkflowGraph, WorkflowRecord } from '../../domain/types.ts';
import { GatewayError, isAccessDenied } from '../../upstream/errors.ts';
import type { ReadContext } from '../read-context.ts';
import type { WorkflowList, WorkflowStore } from '../workflow-store.ts';

export interface WorkflowLoaders {
  /** All workflows, at most LIVE_TTL_MS old. */
  list(): Promise<WorkflowList>;
  /** All workflows, at most a minute old. */
  known(): Promise<WorkflowList>;
  /** Rejects with NOT_FOUND if the list doesn't contain the workflow. */
  find(workflowId: string): Promise<WorkflowRecord>;
  /** Returns null if the workflow isn't listed, or its list can't be loaded. Rejects if the upstream denies access. */
  listed(workflowId: string): Promise<WorkflowRecord | null>;
  /** Returns the graph of `listed`, without which a run can still be derived. */
  graphOf(workflowId: string): Promise<WorkflowGraph | null>;
}

export function createWorkflowLoaders(store: WorkflowStore, operation: ReadContext): WorkflowLoaders {
  let list: Promise<WorkflowList> | undefined;
  let recent: Promise<WorkflowList> | undefined;
  const known = () => (recent ??= list ?? store.recent(operation));

  async function listed(workflowId: string): Promise<WorkflowRecord | null> {
    try {
      return (await known()).get(workflowId) ?? null;
    } catch (error) {
      if (!(error instanceof GatewayError) || isAccessDenied(error)) throw error;
      // A response without the workflow isn't cached, because the next call may succeed.
      if (error.code !== 'UPSTREAM_ENDPOINT_DISABLED') operation.lifetime.limit(0);
      return null;
    }
  }

  return {
    list: () => (list ??= store.list(operation)),
    known,
    async find(workflowId) {
      const workflow = (await known()).get(workflowId);
      if (workflow) return workflow;
      throw new GatewayError('NOT_FOUND', 'Workflow not found upstream.');
    },
    listed,
    graphOf: async (workflowId) => (await listed(workflowId))?.graph ?? null,
  };
}
