/** Changes between a workflow's runs: the latest ones, or those before a failure. */
import { changePoints } from '../../domain/changes/changes.ts';
import { mergeCalls } from '../../domain/changes/model-calls.ts';
import { MAX_RUNS_BETWEEN, suspectedChanges } from '../../domain/changes/suspected-changes.ts';
import { startOf, type Beginning } from '../../domain/workflow/group-history.ts';
import type { RunRecord } from '../../domain/types.ts';
import type { RunRef } from '../../upstream/client.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import type { Context } from '../context.ts';
import { settleInTurns } from '../lists/settle.ts';
import type { ReadRun, SuspectedChanges, WorkflowChanges } from '../object-references.ts';
import type { Examination } from './examination.ts';

/** Computed once per operation, however often it is selected. */
export const workflowChanges = (workflowId: string, last: number, context: Context): Promise<WorkflowChanges> =>
  context.workflowChanges(JSON.stringify([workflowId, last]), async () =>
    findChanges(workflowId, await context.history.latest(workflowId, last), context),
  );

/** Takes records from newest to oldest, and loads the newest runs first. */
async function findChanges(
  workflowId: string,
  records: readonly RunRecord[],
  context: Context,
): Promise<WorkflowChanges> {
  const [workflow, loads] = await Promise.all([
    context.workflows().listed(workflowId),
    settleInTurns(records, ({ id }) => readOnce({ workflowId, runId: id }, context), context),
  ]);
  const runs = loads.flatMap((load) => (load.status === 'fulfilled' && load.value ? [load.value] : []));
  const errors = loads.flatMap((load) => (load.status === 'rejected' ? [gatewayError(load.reason)] : []));
  // A later operation may load more.
  if (errors.length > 0) context.lifetime.limit(0);
  const compared = runs.flatMap(({ started }) => started ?? []).toReversed();
  compared.sort((a, b) => a.startedAt.epochMicros - b.startedAt.epochMicros);
  const points = await inPieces(counted(changePoints(compared, workflow), context), () => context.ticket.nextTurn());
  return {
    nodes: points.map((point) => ({ ...point, workflowId })),
    runsRequested: records.length,
    runsExamined: runs.length,
    runsNotLoaded: errors.length,
    errors,
  };
}

/** Windows share what is read of a run, but each is compared separately. */
function* counted<T>(work: Generator<number, T, void>, { budgets }: Context): Generator<void, T, void> {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    budgets.takeValues(step.value);
    yield;
  }
}

function gatewayError(reason: unknown): GatewayError {
  if (reason instanceof GatewayError) return reason;
  throw reason;
}

export const NO_CHANGES: SuspectedChanges = { changes: [], errors: [] };

/** Finished runs before the first failure to compare: few at first, because most causes are close. */
const RUNS_BEFORE = [2, 6, MAX_RUNS_BETWEEN + 2];
/** Later runs, which show what varies in each prompt. */
const RUNS_AFTER = 2;

/** `nodeId` is the failed node, whose changes come first, or undefined. */
export async function changesBefore(
  { workflowId, newestFinished }: Pick<Examination, 'workflowId' | 'newestFinished'>,
  nodeId: string | null | undefined,
  began: Beginning,
  context: Context,
): Promise<SuspectedChanges> {
  const { at, isExact } = began;
  if (!at || !isExact) return NO_CHANGES;
  const first = newestFinished.findLastIndex((record) => (startOf(record) ?? 0) >= at.epochMicros);
  let found: SuspectedChanges = NO_CHANGES;
  for (const count of RUNS_BEFORE) {
    const around = newestFinished.slice(Math.max(0, first - RUNS_AFTER), first + 1 + count);
    // The list can't be null.
    const failed = (error: unknown) => ({ nodes: [], errors: [gatewayError(error)] });
    const { nodes, errors } = await findChanges(workflowId, around, context).catch(failed);
    if (errors.length > 0) return { changes: [], errors };
    found = { changes: suspectedChanges(nodes, nodeId, began, newestFinished), errors };
    if (found.changes.some((change) => nodeId === undefined || change.nodeId === nodeId)) break;
  }
  return found;
}

/** Reads a run once per operation, for all windows and failures. Null if the upstream has deleted it. */
const readOnce = (ref: RunRef, context: Context): Promise<ReadRun | null> =>
  context.readRuns(JSON.stringify([ref.workflowId, ref.runId]), () => readRun(ref, context));

/** Reads each run in a separate turn of the event loop, and keeps only the compared data. */
async function readRun(ref: RunRef, context: Context): Promise<ReadRun | null> {
  const run = await context.runs().loadWithSteps(ref);
  if (!run) return null;
  const { id, startedAt, steps } = run;
  if (!startedAt) return { started: null };
  await context.ticket.nextTurn();
  const calls = context.modelCalls();
  const asked = steps.filter(({ status, isSuperseded }) => status !== 'SKIPPED' && !isSuperseded);
  const read = await Promise.all(
    asked.map(async ({ nodeId, payload: { body, index } }) => {
      const call = await context.payloads.ask(body, { name: 'modelCall', args: { index } });
      return { nodeId, call: call && calls.share(call) };
    }),
  );
  const byNode = Map.groupBy(read, ({ nodeId }) => nodeId);
  const merged = [...byNode].flatMap(([nodeId, ofNode]) => {
    const call = mergeCalls(ofNode.flatMap(({ call }) => call ?? []));
    return call ? [[nodeId, call] as const] : [];
  });
  const nodeIds = new Set(steps.map(({ nodeId }) => nodeId));
  return { started: { id, startedAt, nodeIds, calls: new Map(merged) } };
}
