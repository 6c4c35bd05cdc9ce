/** Usage reported by steps, for runs whose records report nothing. */
import type { RunRecord, TokenUsage } from '../../domain/types.ts';
import type { Context } from '../context.ts';
import { loadForFigure, settleInTurns } from '../lists/settle.ts';
import type { StepUsages } from '../object-references.ts';

/** Newest first, within the limits of the operation. */
export async function loadStepUsages(
  workflowId: string,
  records: readonly RunRecord[],
  context: Context,
): Promise<StepUsages> {
  const silent = records.filter(({ nodeTokens, startTime }) => nodeTokens.length === 0 && startTime);
  const found = new Map<RunRecord, readonly TokenUsage[]>();
  const load = async (record: RunRecord): Promise<void> => {
    const run = await loadForFigure({ workflowId, runId: record.id }, context);
    found.set(
      record,
      (run?.steps ?? []).flatMap(({ reportedTokens }) => reportedTokens.usage ?? []),
    );
  };
  await context.pages.areRead();
  const settled = await settleInTurns(silent, load, context);
  // A later operation may load the missing runs.
  if (settled.some(({ status }) => status === 'rejected')) context.lifetime.limit(0);
  return found;
}
