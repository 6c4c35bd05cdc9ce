/** Starts runs: the gateway's only write. */
import type { JsonObject } from '../../domain/types.ts';
import type { UpstreamApi } from '../../upstream/client.ts';
import type { StartedRun } from '../../upstream/contract.ts';
import type { IdempotentStarts } from '../ports.ts';
import type { ReadContext } from '../read-context.ts';
import type { ReadThrough } from '../read-through.ts';
import { identityOf } from '../../auth/viewer.ts';
import type { StartedRuns } from './started-runs.ts';

export interface StartRequest {
  readonly workflowId: string;
  readonly inputs: JsonObject;
  /** Null if each request starts a run. */
  readonly idempotencyKey: string | null;
}

export type StartRun = ReturnType<typeof createRunStarter>;

export function createRunStarter(
  upstream: UpstreamApi,
  reads: ReadThrough,
  idempotentStarts: IdempotentStarts,
  startedRuns: Pick<StartedRuns, 'add' | 'addToHistory'>,
) {
  async function send({ workflowId, inputs }: StartRequest, operation: ReadContext): Promise<StartedRun> {
    const asked = { endpoint: 'execute', workflowId } as const;
    const started = await reads.prove(operation, asked, (call) => upstream.execute(workflowId, inputs, call));
    await startedRuns.addToHistory(operation.viewer, workflowId);
    return started;
  }

  function sendOnce(request: StartRequest, operation: ReadContext): Promise<StartedRun> {
    const { idempotencyKey: key, workflowId, inputs } = request;
    if (key === null) return send(request, operation);
    const { viewer, requester } = operation;
    const start = {
      viewerId: viewer.id,
      identity: identityOf(viewer),
      owner: requester.owner,
      key,
      workflowId,
      inputs,
    };
    return idempotentStarts.once(start, () => send(request, operation));
  }

  return async (request: StartRequest, operation: ReadContext): Promise<StartedRun> => {
    const started = await sendOnce(request, operation);
    await startedRuns.add(operation.viewer, { workflowId: request.workflowId, runId: started.runId });
    return started;
  };
}
