/** Loads the latest runs of a workflow, and finds the changes between them. */
import { changePoints, type ComparedRun } from '../domain/changes/changes.ts';
import { createModelCalls, mergeCalls } from '../domain/changes/model-calls.ts';
import type { Run, RunRecord } from '../domain/types.ts';
import { GatewayError } from '../upstream/errors.ts';
import { inPieces } from '../upstream/in-pieces.ts';
import type { Context } from './context.ts';
import { settleInTurns } from './lists/settle.ts';
import type { WorkflowChanges } from './object-references.ts';

/** The operation may not load more calls or bytes. */
const LIMITS = ['UPSTREAM_BUDGET_EXCEEDED', 'ANSWER_TOO_LARGE'];

/** Computed once per operation, however often it is selected. */
export const workflowChanges = (workflowId: string, last: number, context: Context): Promise<WorkflowChanges> =>
  context.workflowChanges(JSON.stringify([workflowId, last]), () => findChanges(workflowId, last, context));

async function findChanges(workflowId: string, last: number, context: Context): Promise<WorkflowChanges> {
  const [workflow, records] = await Promise.all([
    context.workflows().listed(workflowId),
    context.history.latest(workflowId, last),
  ]);
  const load = (record: RunRecord) => context.runs().loadWithSteps({ workflowId, runId: record.id });
  // The newest runs come first.
  const loads = await settleInTurns(records, load, context);
  const runs = loads.flatMap((load) => (load.status === 'fulfilled' && load.value ? [load.value] : []));
  const failures = loads.flatMap((load) => (load.status === 'rejected' ? [load.reason as Error] : []));
  // A later operation may load more.
  if (failures.length > 0) context.lifetime.limit(0);
  const compared = await comparedRuns(runs.toReversed(), context);
  const points = await inPieces(changePoints(compared, workflow));
  return {
    points: points.map((point) => ({ ...point, workflowId })),
    errors: failures.filter((error) => !isLimit(error)),
    coverage: { runCount: records.length, examinedCount: runs.length },
  };
}

const isLimit = (error: Error): boolean => error instanceof GatewayError && LIMITS.includes(error.code);

/** Sorted by start. Each run is read in its own turn of the event loop, and only the compared data is kept. */
async function comparedRuns(runs: readonly Run[], context: Context): Promise<ComparedRun[]> {
  const calls = createModelCalls();
  const compared: ComparedRun[] = [];
  for (const { id, startedAt, steps } of runs) {
    if (!startedAt) continue;
    await context.ticket.nextTurn();
    const asked = steps.filter(({ status, isSuperseded }) => status !== 'SKIPPED' && !isSuperseded);
    const read = await Promise.all(
      asked.map(async ({ nodeId, payload }) => ({ nodeId, call: await context.payloads.read(payload, calls.read) })),
    );
    const byNode = Map.groupBy(read, ({ nodeId }) => nodeId);
    const merged = [...byNode].flatMap(([nodeId, ofNode]) => {
      const call = mergeCalls(ofNode.flatMap(({ call }) => call ?? []));
      return call ? [[nodeId, call] as const] : [];
    });
    const nodeIds = new Set(steps.map(({ nodeId }) => nodeId));
    compared.push({ id, startedAt, nodeIds, calls: new Map(merged) });
  }
  return compared.sort((a, b) => a.startedAt.epochMicros - b.startedAt.epochMicros);
}
