/** Compares runs with the usual duration of earlier runs of their workflow. */
import { createSampler, expectationOf, nodeExpectations, type NodeExpectation } from '../../domain/run/expectation.ts';
import { compareText } from '../../domain/order.ts';
import { isOver } from '../../domain/status.ts';
import type { Run } from '../../domain/types.ts';
import { recordsOfWindows, windowsOfEach } from '../../runs/history/run-history.ts';
import type { RunRef } from '../../upstream/client.ts';
import type { Context } from '../context.ts';
import type { ExpectationOfRun } from '../object-references.ts';
import { loadForFigure, settleInTurns } from '../lists/settle.ts';

/** Number of runs in the sample whose steps are loaded for its nodes. */
const RUNS_WITH_STEPS = 20;

/** Two pages: 100 runs before any of the latest 99. */
const FEW = recordsOfWindows(2);
const ALL = recordsOfWindows(windowsOfEach(1));

/** Read once per operation. */
const samplerOf = (workflowId: string, count: number, context: Context) =>
  context.samplers(JSON.stringify([workflowId, count]), async () =>
    createSampler(await context.history.latest(workflowId, count)),
  );

export async function expectationIn(run: Run, context: Context): Promise<ExpectationOfRun | null> {
  const { workflowId, startedAt } = run;
  const latest = await samplerOf(workflowId, FEW, context);
  const isEnough = latest.isFullBefore(startedAt) || latest.records.length < FEW;
  const sampler = isEnough ? latest : await samplerOf(workflowId, ALL, context);
  const sample = sampler.before(startedAt);
  const expected = expectationOf(run, sample);
  return expected && { ...expected, workflowId, runIds: sample.runIds };
}

/** Rejects only if no run can be loaded: a smaller sample is still useful, and reports its size. */
export async function nodeExpectationsIn(
  { workflowId, runIds }: ExpectationOfRun,
  context: Context,
): Promise<NodeExpectation[]> {
  const load = (runId: string) => loadForFigure({ workflowId, runId }, context);
  const settled = await settleInTurns(runIds.slice(0, RUNS_WITH_STEPS), load, context);
  const runs = settled.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed && runs.length === 0) throw failed.reason;
  // The next response may have the missing runs.
  if (failed) context.lifetime.limit(0);
  return nodeExpectations(runs);
}

export interface OverdueRun {
  readonly ref: RunRef;
  readonly overdueByMs: number;
}

export async function overdueRuns(workflowId: string, workflowCount: number, context: Context): Promise<OverdueRun[]> {
  const sampler = await samplerOf(workflowId, recordsOfWindows(windowsOfEach(workflowCount)), context);
  const overdue: OverdueRun[] = [];
  for (const { id, status, startTime, endTime } of sampler.records) {
    if (!startTime || isOver(status, endTime)) continue;
    const ref = { workflowId, runId: id };
    // Its record came with the list.
    const run = await context.runs().load(ref, 'TIMES');
    const overdueByMs = expectationOf(run, sampler.before(run.startedAt))?.overdueByMs ?? 0;
    if (overdueByMs > 0 && !run.isFinished) overdue.push({ ref, overdueByMs });
  }
  return overdue;
}

export const mostOverdueFirst = (a: OverdueRun, b: OverdueRun): number =>
  b.overdueByMs - a.overdueByMs ||
  compareText(a.ref.workflowId, b.ref.workflowId) ||
  compareText(a.ref.runId, b.ref.runId);
