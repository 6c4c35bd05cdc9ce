/** Writes upstream: starts and cancels runs, and answers waiting steps. */
import { hash, randomUUID } from 'node:crypto';
import { identityOf } from '../../auth/viewer.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { JsonObject, JsonValue } from '../../domain/types.ts';
import type { RunRef, StepRef, UpstreamApi, Write, Written } from '../../upstream/client.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { IdempotentWrites } from '../ports.ts';
import type { ReadContext } from '../read-context.ts';
import type { ReadThrough } from '../read-through.ts';
import type { Changes } from './changes.ts';

export type WriteRequest = {
  /** Idempotency key, or null if each request writes. */
  readonly idempotencyKey: string | null;
} & (
  | { readonly endpoint: 'execute'; readonly workflowId: string; readonly inputs: JsonObject }
  | ({ readonly endpoint: 'cancel' } & RunRef)
  | ({ readonly endpoint: 'resume'; readonly answer: JsonValue } & StepRef)
);

export type Writer = ReturnType<typeof createWriter>;

export function createWriter(
  upstream: UpstreamApi,
  reads: ReadThrough,
  idempotentWrites: IdempotentWrites,
  changes: Pick<Changes, 'addStarted' | 'add'>,
) {
  async function send(write: Write, operation: ReadContext): Promise<Written> {
    const { endpoint, workflowId } = write;
    const change = { workflowId, runId: endpoint === 'execute' ? null : write.runId };
    try {
      const written = await reads.prove(operation, { endpoint, workflowId }, (call) => upstream.write(write, call));
      await changes.add(operation.viewer, change);
      return written;
    } catch (error) {
      if (mayDiffer(error)) await changes.add(operation.viewer, change);
      throw error;
    }
  }

  return async (request: WriteRequest, operation: ReadContext): Promise<Written> => {
    const { viewer, requester } = operation;
    const { idempotencyKey: key } = request;
    const identity = identityOf(viewer);
    const { owner } = requester;
    const write = writeOf(request, [identity, owner]);
    const written =
      key === null
        ? await send(write, operation)
        : await idempotentWrites.once(
            { viewerId: viewer.id, identity, owner, key, endpoint: write.endpoint, fingerprint: fingerprintOf(write) },
            () => send(write, operation),
          );
    if (write.endpoint === 'execute') {
      await changes.addStarted(viewer, { workflowId: write.workflowId, runId: written.runId });
    }
    return written;
  };
}

/** Whether the upstream state may differ from what the caller has seen. */
const mayDiffer = (error: unknown): boolean =>
  error instanceof GatewayError && (error.code === 'CONFLICT' || error.details.outcomeIsUnknown === true);

/** `caller` tells callers apart: upstream, their equal keys must not collide. */
function writeOf({ idempotencyKey: key, ...request }: WriteRequest, caller: readonly string[]): Write {
  if (request.endpoint === 'execute') return request;
  const { endpoint, workflowId, runId } = request;
  const ids = [workflowId, runId, endpoint === 'resume' ? request.stepId : null];
  const callKey =
    key === null ? randomUUID() : hash('sha256', JSON.stringify([...caller, endpoint, ...ids, key]), 'base64url');
  return { ...request, callKey };
}

function fingerprintOf(write: Write): string {
  const { endpoint, workflowId } = write;
  const written =
    endpoint === 'execute'
      ? [workflowId, write.inputs]
      : [endpoint, workflowId, write.runId, endpoint === 'resume' ? [write.stepId, write.answer] : null];
  return hash('sha256', canonicalJson(written), 'base64url');
}
