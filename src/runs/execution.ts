/** Starting a run: the one thing that the gateway does rather than reads. */
import type { JsonObject } from '../domain/types.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import type { StartedRun } from '../upstream/contract.ts';
import { isRefusal } from '../upstream/errors.ts';
import type { Operation } from './operation.ts';
import type { ResourceCache } from './resource-cache.ts';
import { sightOf } from './viewer.ts';

export interface Execution {
  start(workflowId: string, inputs: JsonObject, operation: Operation): Promise<StartedRun>;
}

export function createExecution(upstream: UpstreamApi, cache: ResourceCache): Execution {
  return {
    async start(workflowId, inputs, { viewer, requestId, budget, notes }) {
      budget.take();
      // Not the operation's signal: what was sent is not undone by a client that goes away.
      const { signal } = new AbortController();
      try {
        return await upstream.execute(workflowId, inputs, { ...sightOf(viewer), requestId, signal, notes });
      } catch (error) {
        if (isRefusal(error)) cache.forget(viewer);
        throw error;
      }
    },
  };
}
