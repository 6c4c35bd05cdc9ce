import type { GraphQLResolveInfo } from 'graphql';
import type { Run } from '../../domain/types.ts';
import type { ChangedRun, RunsChange } from '../../runs/live/runs-watch.ts';
import { GatewayError, isNotFound, isUnauthenticated } from '../../upstream/errors.ts';
import type { Context } from '../context.ts';
import type { FieldTables } from '../fields/field-table.ts';
import { ofWorkflow, severalWorkflows } from '../lists/several-workflows.ts';
import { located } from '../subscriptions/sources.ts';
import { runEvents, type RunEvent } from '../subscriptions/run-events.ts';

/** A run that cannot be loaded is omitted, and its error is reported. Rejects if the key is refused. */
async function loadChangedRuns(
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

export const subscription: FieldTables['Subscription'] = {
  runUpdated: {
    subscribe: (_root, { workflowId, id }, { watch, requirement }, info) =>
      located(runEvents(watch({ workflowId, runId: id }, requirement(info)), info), info),
    async resolve(
      { snapshot: { ref, parts, stepChanges }, sinceSequence }: RunEvent,
      _arguments: unknown,
      { runs, requirement, changes }: Context,
      info: GraphQLResolveInfo,
    ) {
      const run = await runs().ofParts(ref, parts, requirement(info));
      changes.set(stepChanges, sinceSequence);
      return run;
    },
  },

  runsUpdated: {
    subscribe: async (_root, { workflowIds }, { workflows, watchRuns }, info) =>
      located(watchRuns(await severalWorkflows(workflowIds, workflows)), info),
    resolve(change: RunsChange, _arguments: unknown, context: Context, info: GraphQLResolveInfo) {
      for (const { workflowId, error } of change.unavailable) context.reported.add(ofWorkflow(error, workflowId), info);
      return loadChangedRuns(change.runs, context, info);
    },
  },
};
