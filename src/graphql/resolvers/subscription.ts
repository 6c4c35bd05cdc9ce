import type { GraphQLResolveInfo } from 'graphql';
import { changedSteps } from '../../domain/step/step-changes.ts';
import type { Run } from '../../domain/types.ts';
import type { ChangedRun, RunsChange } from '../../runs/live/runs-watch.ts';
import { GatewayError, isNotFound, isUnauthenticated } from '../../upstream/errors.ts';
import type { Context } from '../context.ts';
import type { FieldTable, FieldTables } from '../fields/field-table.ts';
import { severalWorkflows } from '../lists/several-workflows.ts';
import { located } from '../subscriptions/sources.ts';
import { requirementOfEvents, runEvents, type RunEvent } from '../subscriptions/run-events.ts';

/** A run that can't be loaded is omitted, and its error is reported. Rejects if the key is rejected. */
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
      if (!isNotFound(error)) reported.add(error, info, workflowId);
      return null;
    }
  };
  const loaded = await Promise.all(changed.map(load));
  return loaded.filter((run) => run !== null);
}

export const subscription: FieldTables['Subscription'] = {
  runUpdated: {
    subscribe: (_root, { workflowId, id }, { watch, requirement }, info) =>
      located(runEvents(watch({ workflowId, runId: id }, requirementOfEvents(info, requirement)), info), info),
    async resolve(event: RunEvent, _arguments: unknown, { runs, requirement }: Context, info: GraphQLResolveInfo) {
      const { ref, parts } = event.snapshot;
      return { event, run: await runs().ofParts(ref, parts, requirementOfEvents(info, requirement)) };
    },
  },

  runsUpdated: {
    subscribe: async (_root, { workflowIds }, { workflows, watchRuns }, info) =>
      located(watchRuns(await severalWorkflows(workflowIds, workflows)), info),
    resolve(change: RunsChange, _arguments: unknown, { reported }: Context, info: GraphQLResolveInfo) {
      for (const { workflowId, error } of change.unavailable) reported.add(error, info, workflowId);
      return change;
    },
  },
};

export const runUpdate: FieldTable<'RunUpdate'> = {
  changedSteps: {
    resolve: ({ run, event: { snapshot, sinceSequence } }) =>
      changedSteps(run.steps, snapshot.stepChanges, sinceSequence),
  },
};

export const runsUpdate: FieldTable<'RunsUpdate'> = {
  runs: { resolve: ({ runs }, _args, context, info) => loadChangedRuns(runs, context, info) },
  unavailableWorkflows: { resolve: ({ unavailable }) => unavailable.map(({ workflowId }) => ({ id: workflowId })) },
};
