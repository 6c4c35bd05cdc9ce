/**
 * Calls that renew a viewer's right, one for each workflow: whoever finds cached data of that workflow meanwhile waits for it, and makes
 * no call. So nobody waits for a workflow whose calls hang or are denied, but who asks for it.
 */
import type { Resource } from './resource.ts';
import type { Viewer } from './viewer.ts';

type OfWorkflow = Pick<Resource<unknown>, 'workflowId'>;

export interface Revalidations {
  /** Resolves with the call's error, or null if it succeeded; undefined where no such call is under way. */
  of(viewer: Viewer, resource: OfWorkflow): Promise<unknown> | undefined;
  /** The latest call replaces an earlier one. */
  start(viewer: Viewer, resource: OfWorkflow, call: Promise<unknown>): void;
}

/** Holds calls under way only, so the upstream's bulkhead bounds it. */
export function createRevalidations(): Revalidations {
  const outcomes = new Map<string, Promise<unknown>>();
  const keyOf = ({ id }: Viewer, { workflowId }: OfWorkflow) => `${id} ${workflowId}`;
  return {
    of: (viewer, resource) => outcomes.get(keyOf(viewer, resource)),
    start(viewer, resource, call) {
      const key = keyOf(viewer, resource);
      const outcome: Promise<unknown> = call
        .then(
          () => null,
          (error: unknown) => error,
        )
        .finally(() => {
          if (outcomes.get(key) === outcome) outcomes.delete(key);
        });
      outcomes.set(key, outcome);
    },
  };
}
