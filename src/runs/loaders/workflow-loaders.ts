/** Workflows within one GraphQL operation: each of the two lists is read at most once. */
import type { WorkflowGraph, WorkflowRecord } from '../../domain/types.ts';
import { GatewayError, isAccessDenied } from '../../upstream/errors.ts';
import type { ReadContext } from '../read-context.ts';
import type { WorkflowList, WorkflowStore } from '../workflow-store.ts';

export interface WorkflowLoaders {
  /** All workflows, at most LIVE_TTL_MS old. */
  list(): Promise<WorkflowList>;
  /** All workflows, at most a minute old. */
  known(): Promise<WorkflowList>;
  /** Rejects with NOT_FOUND where the list does not have it. */
  find(workflowId: string): Promise<WorkflowRecord>;
  /** Null if it is not listed, or the list cannot be loaded, unless the upstream denies access: for values that are known without it. */
  listed(workflowId: string): Promise<WorkflowRecord | null>;
  /** The graph of `listed`. */
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
      // Values that are derived without the graph must not outlive the failure.
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
      throw new GatewayError('NOT_FOUND', 'the upstream lists no workflow of this id');
    },
    listed,
    graphOf: async (workflowId) => (await listed(workflowId))?.graph ?? null,
  };
}
