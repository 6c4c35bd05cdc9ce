/** Starts runs: the gateway's only write. */
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
      // Not the operation's signal: a client that disconnects does not undo what was sent.
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
