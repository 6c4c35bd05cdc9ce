/** When a workflow became slower, faster, more expensive or cheaper. */
import { isFinished, startOf } from '../../domain/workflow/group-history.ts';
import { nodeShifts, shiftsOf, type NodeShift } from '../../domain/shifts/shifts.ts';
import type { Context } from '../context.ts';
import { loadForFigure, loadInTurns } from '../lists/settle.ts';
import type { ShiftOfWorkflow, ShiftsOfWorkflow } from '../object-references.ts';
import { changesBefore } from './changes.ts';

/** Reads only records, once per operation. */
export const workflowShifts = (workflowId: string, last: number, context: Context): Promise<ShiftsOfWorkflow> =>
  context.workflowShifts(JSON.stringify([workflowId, last]), async () => {
    const records = await context.history.latest(workflowId, last);
    await context.ticket.nextTurn();
    const newestFinished = records
      .filter((record) => isFinished(record) && startOf(record) !== null)
      .sort((a, b) => (startOf(b) ?? 0) - (startOf(a) ?? 0));
    const began = { isExact: true, hasUnknownBefore: false };
    return {
      nodes: shiftsOf(records, context.prices).map((shift) => ({
        ...shift,
        workflowId,
        suspectedChanges: () =>
          changesBefore({ workflowId, newestFinished }, undefined, { at: shift.since, ...began }, context),
      })),
      runsExamined: records.filter(({ status, startTime }) => status === 'COMPLETED' && startTime !== null).length,
      runsRequested: records.length,
    };
  });

export async function nodesOfShift(shift: ShiftOfWorkflow, context: Context): Promise<NodeShift[]> {
  const { workflowId, runIdsBefore, runIdsAfter, metric } = shift;
  const load = (runId: string) => loadForFigure({ workflowId, runId }, context);
  const loaded = await loadInTurns([...runIdsBefore, ...runIdsAfter], load, context);
  const sides = [loaded.slice(0, runIdsBefore.length), loaded.slice(runIdsBefore.length)] as const;
  const [before, after] = sides.map((runs) => runs.filter((run) => run !== null));
  return nodeShifts(before ?? [], after ?? [], metric, context.prices);
}
