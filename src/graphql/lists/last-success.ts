/** Finds the run to compare with an intermittent failure. */
import { failureKey, failureOf } from '../../domain/run/failure-groups.ts';
import type { Run } from '../../domain/types.ts';
import type { HistoryEntry } from '../../runs/history/history-reader.ts';
import type { RunRef } from '../../upstream/client.ts';
import { runFilter } from '../arguments.ts';
import type { Context } from '../context.ts';
import { COMPARED_RUNS } from '../fields/list-sizes.ts';
import { loadInTurns } from './settle.ts';

/** Rejects if an earlier failed run cannot be loaded: it may have the same failure, which would change the result. */
export async function lastSuccessBeforeFailures(run: Run, context: Context): Promise<RunRef | null> {
  const { history, runs, errorInfo } = context;
  const { workflowId, id, startedAt, status, error } = run;
  if (status !== 'FAILED' || !startedAt) return null;
  const filter = runFilter({ status: ['COMPLETED', 'FAILED'], startedBefore: startedAt });
  const { entries } = await history.page({ workflowId, first: COMPARED_RUNS, after: null, filter });
  const own = failureKey(failureOf({ id, startTime: startedAt, error }, run, errorInfo));
  const isOfGroup = async ({ record }: HistoryEntry) => {
    if (record.status !== 'FAILED') return false;
    const failed = await runs().loadWithSteps({ workflowId, runId: record.id });
    return failureKey(failureOf(record, failed, errorInfo)) === own;
  };
  const areOfGroup = await loadInTurns(entries, isOfGroup, context);
  const first = areOfGroup.lastIndexOf(true);
  const before = entries.slice(first + 1).filter(({ record }) => record.id !== id);
  const found = before.find(({ record }) => record.status === 'COMPLETED');
  return found ? { workflowId, runId: found.record.id } : null;
}
