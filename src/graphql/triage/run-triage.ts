/**
 * What the other runs of a workflow reveal about a failed run: its group, what changed before, and a run to compare
 * with.
 */
import { baselineOf } from '../../domain/changes/suspected-changes.ts';
import { diagnosisMarkdown, headlineOf, shareBefore } from '../../domain/run/diagnosis.ts';
import { failureGroups, failureOf, type Failure } from '../../domain/workflow/failure-groups.ts';
import { beginningOf } from '../../domain/workflow/group-history.ts';
import { timestampOfMicros } from '../../domain/timestamp.ts';
import type { Run, Step } from '../../domain/types.ts';
import type { RunsInWindow } from '../../runs/history/run-history.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { Context } from '../context.ts';
import { once } from '../once.ts';
import type { BaselineOfRun, RunTriage, SuspectedChanges } from '../object-references.ts';
import { NO_CHANGES } from './changes.ts';
import { examineFailures, Examination, lookBackFrom } from './examination.ts';
import { claimsOf } from './failure-groups.ts';

/** Returns null for a run that hasn't failed, or if the runs around it are too far back to be read. */
export const runTriage = (run: Run, context: Context): Promise<RunTriage | null> =>
  context.runTriage(JSON.stringify([run.workflowId, run.id]), () => examineRun(run, context));

async function examineRun(run: Run, context: Context): Promise<RunTriage | null> {
  const { workflowId, id, status } = run;
  if (status !== 'FAILED') return null;
  failedStepOf(run);
  const found = await runsUntil(run, context);
  if (!found?.records.some((record) => record.id === id)) return null;
  const examination = new Examination({ ...found, workflowId }, context);
  const own = examination.window.find((record) => record.id === id);
  if (own) await examination.load(own);
  const groupOfRun = () =>
    failureGroups(workflowId, examination.failures).find(({ runIds }) => runIds.includes(id)) ?? null;
  const first = groupOfRun();
  if (!first) return null;
  await examineFailures([{ examination, groups: [first] }], context);
  const group = groupOfRun() ?? first;
  const claimed = claimsOf([{ examination, groups: [group] }], context)(group, examination);
  const history = await claimed.judged();
  const suspected = claimed.suspectedChanges;
  return {
    group: claimed,
    occurrence: { ...history, count: group.count, finishedCount: (await claimed.finishedCount()) ?? group.count },
    runsExamined: examination.window.filter((record) => examination.isExamined(record)).length,
    suspectedChanges: suspected,
    baseline: once(async () => {
      const { changes, errors } = await suspected();
      if (errors[0]) throw errors[0];
      const base = baselineOf(changes, group.nodeId, beginningOf(history), examination.all);
      return base && { ...base, workflowId, failedRunId: id, changes: base.reason === 'BEFORE_CHANGE' ? changes : [] };
    }),
  };
}

/** The look-back that ends with the run, or null for a run with more later runs than can be skipped. */
async function runsUntil({ workflowId, startedAt }: Run, { history }: Context): Promise<RunsInWindow | null> {
  if (!startedAt) return null;
  const { epochMicros } = startedAt;
  const window = { startedAfter: null, startedBefore: timestampOfMicros(epochMicros + 1) };
  try {
    const found = await history.within({ workflowId, count: 1, window, lookBack: lookBackFrom(epochMicros) });
    return { ...found, records: [...found.records, ...found.earlier], earlier: [] };
  } catch (error) {
    const isTooFarBack = error instanceof GatewayError && error.code === 'BAD_USER_INPUT';
    if (isTooFarBack && error.details.upstreamStatus === undefined) return null;
    throw error;
  }
}

export const baselineIn = async (run: Run, context: Context): Promise<BaselineOfRun | null> =>
  (await runTriage(run, context))?.baseline() ?? null;

/** Returns null if no step failed. Throws if the steps couldn't be loaded. */
export const failedStepOf = ({ remainingFailures }: Run): Step | null => remainingFailures[0] ?? null;

export async function headline(run: Run, context: Context): Promise<string> {
  const triage = await triageOrNull(run, context);
  return headlineOf(failureIn(run, context), triage?.occurrence ?? null);
}

export async function shareOfRunsBefore(run: Run, context: Context): Promise<string | null> {
  const triage = await triageOrNull(run, context);
  return triage && shareBefore(triage.occurrence);
}

/** Errors are returned, because the list of changes can't be null. */
export async function suspectedChanges(run: Run, context: Context): Promise<SuspectedChanges> {
  try {
    return (await (await runTriage(run, context))?.suspectedChanges()) ?? NO_CHANGES;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { changes: [], errors: [error] };
  }
}

export const runsExamined = async (run: Run, context: Context): Promise<number> =>
  (await triageOrNull(run, context))?.runsExamined ?? 1;

/** Its lines are computed once per operation, for any number of bytes. */
export async function markdown(run: Run, maxBytes: number, context: Context): Promise<string> {
  const text = await context.diagnoses(JSON.stringify([run.workflowId, run.id]), () => diagnose(run, context));
  return text(maxBytes);
}

async function diagnose(run: Run, context: Context): Promise<(maxBytes: number) => string> {
  const { workflowId, id: runId } = run;
  const triage = await triageOrNull(run, context);
  const { changes } = await suspectedChanges(run, context);
  const baseline = await orNull(() => baselineIn(run, context), context);
  const inCommon = triage && (await orNull(() => triage.group.commonInputs(), context));
  const listed = await orNull(() => context.workflows().listed(workflowId), context);
  const nodeId = baseline?.changes.find((change) => change.nodeId !== null)?.nodeId ?? null;
  const ref = { workflowId, runId };
  const links = [
    { name: 'Run', url: context.links.toRun(ref) },
    { name: 'Comparison', url: baseline && context.links.toComparison(ref, baseline.runId, nodeId) },
  ];
  return diagnosisMarkdown({
    headline: await headline(run, context),
    failure: failureIn(run, context),
    runId,
    workflow: { id: workflowId, name: listed?.name ?? null },
    runsExamined: triage?.runsExamined ?? 1,
    changes,
    commonInputs: inCommon?.nodes.map(({ text }) => text) ?? [],
    alike: triage?.group.runIds.filter((id) => id !== runId) ?? [],
    baseline: baseline && { runId: baseline.runId, isBeforeChange: baseline.reason === 'BEFORE_CHANGE' },
    links: links.flatMap(({ name, url }) => (url === null ? [] : [{ name, url }])),
  });
}

const failureIn = (run: Run, { errorInfo, failures }: Context): Failure =>
  failures(JSON.stringify([run.workflowId, run.id]), () =>
    failureOf({ id: run.id, startTime: run.startedAt, error: run.error, errorHash: run.errorHash }, run, errorInfo),
  );

const triageOrNull = (run: Run, context: Context): Promise<RunTriage | null> =>
  orNull(() => runTriage(run, context), context);

/** A diagnosis says less if an upstream call fails. */
async function orNull<T>(load: () => Promise<T>, { lifetime }: Context): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    lifetime.limit(0);
    return null;
  }
}
