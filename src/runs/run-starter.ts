/** Starting a run: the one thing that the gateway does rather than reads. */
import type { JsonObject } from '../domain/types.ts';
import type { UpstreamApi } from '../upstream/client.ts';
import type { StartedRun } from '../upstream/contract.ts';
import { isAccessDenied } from '../upstream/errors.ts';
import type { Operation } from './operation.ts';
import type { ResourceCache } from './resource-cache.ts';
import { upstreamIdentityOf } from './viewer.ts';

export interface RunStarter {
  start(workflowId: string, inputs: JsonObject, operation: Operation): Promise<StartedRun>;
}

export function createRunStarter(upstream: UpstreamApi, cache: ResourceCache): RunStarter {
  return {
    async start(workflowId, inputs, { viewer, requestId, budget, operationRecord }) {
      budget.take();
      // Not the operation's signal: what was sent is not undone by a client that goes away.
      const { signal } = new AbortController();
      try {
        return await upstream.execute(workflowId, inputs, {
          ...upstreamIdentityOf(viewer),
          requestId,
          signal,
          operationRecord,
        });
      } catch (error) {
        if (isAccessDenied(error)) cache.forget(viewer);
        throw error;
      }
    },
  };
}
