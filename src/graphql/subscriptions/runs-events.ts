/** The runs of an event of `runsUpdated`. Their records came with the poll; what else is selected is loaded. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Run } from '../../domain/types.ts';
import type { ChangedRun } from '../../runs/live/runs-watch.ts';
import { GatewayError, isNotFound, isUnauthenticated } from '../../upstream/errors.ts';
import type { Context } from '../context.ts';
import { ofWorkflow } from '../lists/several-workflows.ts';

/** A run that can't be had is left out, with its error beside the others. Rejects where the key is refused. */
export async function loadChangedRuns(
  changed: readonly ChangedRun[],
  { runs, requirement, reported }: Context,
  info: GraphQLResolveInfo,
): Promise<Run[]> {
  const load = async ({ workflowId, runId, record }: ChangedRun): Promise<Run | null> => {
    const ref = { workflowId, runId };
    try {
      return await (record ? runs().ofRecord(ref, record, requirement(info)) : runs().load(ref, requirement(info)));
    } catch (error) {
      if (!(error instanceof GatewayError) || isUnauthenticated(error)) throw error;
      if (!isNotFound(error)) reported.add(ofWorkflow(error, workflowId), info);
      return null;
    }
  };
  const loaded = await Promise.all(changed.map(load));
  return loaded.filter((run) => run !== null);
}
