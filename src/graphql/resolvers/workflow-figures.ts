/** Computed values about the runs of a workflow. */
import type { GraphQLResolveInfo } from 'graphql';
import { nodeStatistics } from '../../domain/workflow/statistics.ts';
import { checkFirst, checkMaxBytes } from '../arguments.ts';
import type { Context } from '../context.ts';
import type { FieldTable } from '../fields/field-table.ts';
import { counts, intFields } from '../fields/int-fields.ts';
import type { StatisticsOfRuns, SuspectedChanges } from '../object-references.ts';
import { loadForFigure, loadInTurns, settleAll } from '../lists/settle.ts';
import { affectedRate } from '../triage/failure-groups.ts';
import { comparisonOf } from '../triage/comparisons.ts';
import { runOfParent } from './connections.ts';
import {
  baselineIn,
  failedStepOf,
  headline,
  markdown,
  runsExamined,
  runTriage,
  shareOfRunsBefore,
  suspectedChanges,
} from '../triage/run-triage.ts';
import { nodesOfShift } from '../triage/shifts.ts';

/** Loads the steps of each examined run: one call per run. */
const statisticsByNode = {
  async resolve({ workflowId, runIds }: RunsOfWorkflow, _args: object, context: Context) {
    const load = (runId: string) => loadForFigure({ workflowId, runId }, context);
    const loaded = await loadInTurns(runIds, load, context);
    return nodeStatistics(loaded.filter((run) => run !== null));
  },
} as const;

type RunsOfWorkflow = Pick<StatisticsOfRuns, 'workflowId' | 'runIds'>;

function reportedChanges({ changes, errors }: SuspectedChanges, { reported }: Context, info: GraphQLResolveInfo) {
  for (const error of errors) reported.add(error, info);
  return changes;
}

const failureGroup: FieldTable<'FailureGroup'> = {
  workflow: { resolve: ({ workflowId }) => ({ id: workflowId }) },
  firstSeenAt: { resolve: async ({ history }) => (await history()).firstSeenAt },
  firstSeenIsExact: { resolve: async ({ history }) => (await history()).firstSeenIsExact },
  state: { resolve: async ({ judged }) => (await judged()).state },
  returnedAt: { resolve: async ({ judged }) => (await judged()).returnedAt },
  isNew: { resolve: async ({ judged }) => (await judged()).state === 'NEW' },
  isResolved: { resolve: async ({ judged }) => (await judged()).state === 'RESOLVED' },
  finishedCount: { resolve: ({ finishedCount }) => finishedCount() },
  affectedRate: { resolve: (group) => affectedRate(group) },
  estimatedCost: { resolve: ({ estimatedCost }) => estimatedCost() },
  suspectedChanges: {
    resolve: async ({ suspectedChanges }, _args, context, info) =>
      reportedChanges(await suspectedChanges(), context, info),
  },
  commonInputs: { resolve: ({ commonInputs }) => commonInputs() },
  // These runs are loaded: records came with the history, and steps were read for the groups.
  runs: {
    resolve: ({ workflowId, runIds }, { first }, { runs, requirement }, info) =>
      settleAll(runIds.slice(0, checkFirst(first)), (runId) => runs().load({ workflowId, runId }, requirement(info))),
  },
};

/** Returns null without a run. */
const runOrNull = (
  workflowId: string,
  runId: string | null,
  { runs, requirement }: Context,
  info: GraphQLResolveInfo,
) => (runId === null ? null : runs().load({ workflowId, runId }, requirement(info)));

const commonInput: FieldTable<'CommonInput'> = {
  failedWithout: {
    resolve: ({ workflowId, failedWithoutId }, _args, context, info) =>
      runOrNull(workflowId, failedWithoutId, context, info),
  },
  completedWith: {
    resolve: ({ workflowId, completedWithId }, _args, context, info) =>
      runOrNull(workflowId, completedWithId, context, info),
  },
};

const previousRun = {
  resolve: (
    { workflowId, previousRunId }: { readonly workflowId: string; readonly previousRunId: string },
    _args: object,
    { runs, requirement }: Context,
    info: GraphQLResolveInfo,
  ) => runs().load({ workflowId, runId: previousRunId }, requirement(info)),
} as const;

const shift: FieldTable<'Shift'> = {
  run: runOfParent,
  previousRun,
  nodes: { resolve: (of, _args, context) => nodesOfShift(of, context) },
  suspectedChanges: {
    resolve: async (of, _args, context, info) => reportedChanges(await of.suspectedChanges(), context, info),
  },
};

/** Its runs were loaded with their steps. */
const changePoint: FieldTable<'ChangePoint'> = {
  run: runOfParent,
  previousRun,
};

const failureGroups: FieldTable<'FailureGroups'> = {
  runsNotLoaded: { resolve: ({ runsNotLoaded }) => runsNotLoaded() },
};

const baseline: FieldTable<'Baseline'> = {
  run: runOfParent,
  comparison: {
    resolve: ({ workflowId, runId, failedRunId }, _args, context) =>
      comparisonOf({ workflowId, baseId: runId, headId: failedRunId }, context, {
        base: `baseline run ${runId}`,
        head: `failed run ${failedRunId}`,
      }),
  },
};

const diagnosis: FieldTable<'Diagnosis'> = {
  workflow: { resolve: ({ workflowId }) => ({ id: workflowId }) },
  headline: { resolve: (run, _args, context) => headline(run, context) },
  shareBefore: { resolve: (run, _args, context) => shareOfRunsBefore(run, context) },
  failedStep: { resolve: failedStepOf },
  group: { resolve: async (run, _args, context) => (await runTriage(run, context))?.group ?? null },
  baseline: { resolve: (run, _args, context) => baselineIn(run, context) },
  changes: {
    resolve: async (run, _args, context, info) => reportedChanges(await suspectedChanges(run, context), context, info),
  },
  runsExamined: { resolve: (run, _args, context) => runsExamined(run, context) },
  markdown: { resolve: (run, { maxBytes }, context) => markdown(run, checkMaxBytes(maxBytes), context) },
};

const trendBucket: FieldTable<'TrendBucket'> = {
  usage: { resolve: ({ usage }, { loadSteps }) => usage(loadSteps) },
  before: { resolve: ({ before }) => before() },
  nodes: statisticsByNode,
};

const workflowUsage: FieldTable<'WorkflowUsage'> = {
  workflow: { resolve: ({ workflowId }) => ({ id: workflowId }) },
  usage: { resolve: ({ usage }, { loadSteps }) => usage(loadSteps) },
};

const usageBucket: FieldTable<'UsageBucket'> = {
  usage: { resolve: ({ usage }, { loadSteps }) => usage(loadSteps) },
  before: { resolve: ({ before }, _args, _context, info) => before(info) },
};

const workflowStatistics: FieldTable<'WorkflowStatistics'> = {
  nodes: statisticsByNode,
};

export const workflowFigures = {
  WorkflowStatistics: workflowStatistics,
  FailureGroup: failureGroup,
  FailureGroups: failureGroups,
  CommonInput: commonInput,
  Shift: shift,
  ChangePoint: changePoint,
  Baseline: baseline,
  Diagnosis: diagnosis,
  TrendBucket: trendBucket,
  UsageBucket: usageBucket,
  WorkflowUsage: workflowUsage,
  UsageTrend: { counts },
  ModelUsageTrend: { counts },
  NodeStatistics: intFields('totalTokens'),
};
