/** Workflows within one GraphQL operation: each of the two readings of the list happens once at most. */
import type { WorkflowGraph, WorkflowRecord } from '../../domain/types.ts';
import { GatewayError, isAccessDenied } from '../../upstream/errors.ts';
import type { Operation } from '../operation.ts';
import type { WorkflowList, WorkflowStore } from '../workflow-store.ts';

export interface WorkflowLoaders {
  /** All of them, as of now. */
  list(): Promise<WorkflowList>;
  /** All of them, as of a minute ago at most. */
  known(): Promise<WorkflowList>;
  /** Rejects with NOT_FOUND where the list does not have it. */
  find(workflowId: string): Promise<WorkflowRecord>;
  /** Null where it can't be had, for whatever reason but a refused key: a run is told without it, if less well. */
  graphOf(workflowId: string): Promise<WorkflowGraph | null>;
}

export function createWorkflowLoaders(store: WorkflowStore, operation: Operation): WorkflowLoaders {
  let list: Promise<WorkflowList> | undefined;
  let recent: Promise<WorkflowList> | undefined;
  // A list that was read for its own sake is as good as a recent one.
  const known = () => (recent ??= list ?? store.known(operation));

  return {
    list: () => (list ??= store.list(operation)),
    known,
    async find(workflowId) {
      const workflow = (await known()).get(workflowId);
      if (workflow) return workflow;
      throw new GatewayError('NOT_FOUND', 'the upstream lists no workflow of this id');
    },
    async graphOf(workflowId) {
      try {
        return (await known()).get(workflowId)?.graph ?? null;
      } catch (error) {
        if (error instanceof GatewayError && !isAccessDenied(error)) return null;
        throw error;
      }
    },
  };
}
