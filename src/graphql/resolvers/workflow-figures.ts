/** Figures about the runs of a workflow. */
import { nodeStatistics } from '../../domain/run/statistics.ts';
import { checkFirst } from '../arguments.ts';
import type { Context } from '../context.ts';
import { properties, type FieldTable } from '../fields/field-table.ts';
import { counts, intFields } from '../fields/int-fields.ts';
import type { StatisticsOfRuns } from '../object-references.ts';
import { loadInTurns, settleAll } from '../lists/settle.ts';

/** Loads the steps of each examined run: one call per run. */
const statisticsByNode = {
  async resolve({ workflowId, runIds }: RunsOfWorkflow, _args: object, context: Context) {
    const load = (runId: string) => context.runs().loadWithSteps({ workflowId, runId });
    const loaded = await loadInTurns(runIds, load, context);
    return nodeStatistics(loaded.filter((run) => run !== null));
  },
} as const;

type RunsOfWorkflow = Pick<StatisticsOfRuns, 'workflowId' | 'runIds'>;

const failureGroup: FieldTable<'FailureGroup'> = {
  workflow: { resolve: ({ workflowId }) => ({ id: workflowId }) },
  nodeId: {},
  message: {},
  latestMessage: {},
  code: {},
  count: {},
  firstSeenAt: {},
  lastSeenAt: {},
  firstSeenIsExact: { resolve: async ({ firstSeen }) => (await firstSeen()).isExact },
  isNew: { resolve: async ({ firstSeen }) => (await firstSeen()).isNew },
  isResolved: { resolve: ({ isResolved }) => isResolved() },
  // These runs are loaded: records came with the history, steps were read for the groups.
  runs: {
    resolve: ({ workflowId, runIds }, { first }, { runs, requirement }, info) =>
      settleAll(runIds.slice(0, checkFirst(first)), (runId) => runs().load({ workflowId, runId }, requirement(info))),
  },
};

/** Its runs were loaded with their steps. */
const changePoint: FieldTable<'ChangePoint'> = {
  at: {},
  run: {
    resolve: ({ workflowId, runId }, _args, { runs, requirement }, info) =>
      runs().load({ workflowId, runId }, requirement(info)),
  },
  previousRun: {
    resolve: ({ workflowId, previousRunId }, _args, { runs, requirement }, info) =>
      runs().load({ workflowId, runId: previousRunId }, requirement(info)),
  },
  nodeId: {},
  kind: {},
  before: {},
  after: {},
};

const trendBucket: FieldTable<'TrendBucket'> = {
  startedAt: {},
  endedAt: {},
  isComplete: {},
  runCount: {},
  failedCount: {},
  wallClockMs: {},
  usage: { resolve: ({ usage }, { loadSteps }) => usage(loadSteps) },
  nodes: statisticsByNode,
};

const workflowStatistics: FieldTable<'WorkflowStatistics'> = {
  runCount: {},
  finishedCount: {},
  completedCount: {},
  failedCount: {},
  successRate: {},
  wallClockMs: {},
  nodes: statisticsByNode,
};

export const workflowFigures = {
  WorkflowStatistics: workflowStatistics,
  FailureGroup: failureGroup,
  ChangePoint: changePoint,
  ChangeCoverage: properties<'ChangeCoverage'>(),
  TrendBucket: trendBucket,
  UsageTrend: {
    runsReporting: {},
    runsFromSteps: {},
    runsNotReporting: {},
    counts,
    stepsReporting: {},
    estimatedCost: {},
    failedCost: {},
    byModel: {},
  },
  ModelUsageTrend: { model: {}, counts, stepsReporting: {}, estimatedCost: {} },
  Distribution: properties<'Distribution'>(),
  NodeStatistics: { ...properties<'NodeStatistics'>(), ...intFields('totalTokens') },
};
