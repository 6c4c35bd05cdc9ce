/** Lists over several workflows: their ids, and the errors of workflows that can't be loaded. */
import type { GraphQLResolveInfo } from 'graphql';
import type { WorkflowLoaders } from '../../runs/loaders/workflow-loaders.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { checkIdCount, MAX_LIST_SIZE } from '../arguments.ts';
import type { Context } from '../context.ts';

/** Returns each given id once, or all that the viewer may see. Throws BAD_USER_INPUT for more than 100. */
export async function severalWorkflows(
  named: readonly string[] | null | undefined,
  workflows: () => Pick<WorkflowLoaders, 'list'>,
): Promise<readonly string[]> {
  if (named) return [...new Set(checkIdCount(named, 'workflowIds'))];
  const all = [...(await workflows().list()).keys()];
  if (all.length <= MAX_LIST_SIZE) return all;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `workflowIds is required with more than ${MAX_LIST_SIZE} workflows, got ${all.length}. Name at most ${MAX_LIST_SIZE} of them.`,
  );
}

/** A hundred records take a call, so with many workflows, fewer runs of each are examined. */
const MAX_RUNS_OF_ALL = 10_000;

/** Number of runs of each workflow to examine for the latest `count` of all. */
export const runsOfEach = (count: number, workflowCount: number): number =>
  Math.min(count, Math.floor(MAX_RUNS_OF_ALL / workflowCount));

/** Reads each workflow. One that can't be read is omitted, and its error is reported next to the list. */
export async function readable<T>(
  workflowIds: readonly string[],
  reported: Context['reported'],
  info: GraphQLResolveInfo,
  read: (workflowId: string) => Promise<T>,
): Promise<readonly T[]> {
  const settled = await Promise.allSettled(workflowIds.map(read));
  return settled.flatMap((each, index) => {
    if (each.status === 'fulfilled') return [each.value];
    if (!(each.reason instanceof GatewayError)) throw each.reason;
    reported.add(each.reason, info, workflowIds[index]);
    return [];
  });
}
