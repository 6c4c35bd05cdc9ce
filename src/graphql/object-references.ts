/** References: objects with known ids. Field resolvers load the rest. */
import type { GraphQLResolveInfo } from 'graphql';
import type { ChangePoint, ComparedRun } from '../domain/changes/changes.ts';
import type { BaselineReason } from '../domain/changes/suspected-changes.ts';
import type { Cost } from '../domain/cost/cost.ts';
import type { CommonInput, CommonInputs } from '../domain/inputs/common-inputs.ts';
import type { Occurrence } from '../domain/run/diagnosis.ts';
import type { Expectation } from '../domain/run/expectation.ts';
import type { Failure, FailureGroup } from '../domain/workflow/failure-groups.ts';
import type { GroupHistory } from '../domain/workflow/group-history.ts';
import type { RunStatistics } from '../domain/workflow/statistics.ts';
import type { TrendBucket } from '../domain/workflow/trend.ts';
import type { RunOfUsage, UsageTrend } from '../domain/workflow/usage-trend.ts';
import type { RunRecord, TokenUsage } from '../domain/types.ts';
import type { Shift } from '../domain/shifts/shifts.ts';
import type { GatewayError } from '../upstream/errors.ts';

export interface WorkflowRef {
  readonly id: string;
}

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly message: string | null;
}

/** Statistics and the runs that they cover. */
export interface StatisticsOfRuns extends RunStatistics {
  readonly workflowId: string;
  readonly runIds: readonly string[];
}

/** An expectation and the runs that it is computed from, newest first. */
export interface ExpectationOfRun extends Expectation {
  readonly workflowId: string;
  readonly runIds: readonly string[];
}

/** Usages by record, excluding runs whose record reports tokens, and runs whose steps couldn't be loaded. */
export type StepUsages = ReadonlyMap<RunRecord, readonly TokenUsage[]>;

export interface TrendBucketOfWorkflow extends TrendBucket {
  readonly workflowId: string;
  readonly runsOfUsage: (loadSteps: boolean) => Promise<readonly RunOfUsage[]>;
  readonly usage: (loadSteps: boolean) => Promise<UsageTrend | null>;
  readonly before: () => Promise<TrendBucketOfWorkflow | null>;
}

export interface UsageBucketOfWorkflows extends Pick<
  TrendBucket,
  'startedAt' | 'endedAt' | 'isComplete' | 'runCount' | 'failedCount'
> {
  readonly byWorkflow: readonly TrendBucketOfWorkflow[];
  readonly usage: (loadSteps: boolean) => Promise<UsageTrend | null>;
  readonly before: (info: GraphQLResolveInfo) => Promise<UsageBucketOfWorkflows | null>;
}

export interface ChangePointOfWorkflow extends ChangePoint {
  readonly workflowId: string;
}

export interface ReadRun {
  /** The compared parts of the run, or null if it hasn't started. */
  readonly started: ComparedRun | null;
}

export interface ExaminedRun {
  readonly completedNodes: ReadonlySet<string>;
  /** Failure, or null if the run hasn't failed. */
  readonly failure: Failure | null;
}

export interface WorkflowChanges {
  /** Newest first. */
  readonly nodes: readonly ChangePointOfWorkflow[];
  readonly runsRequested: number;
  /** Number of compared runs. Runs that the upstream has deleted are neither compared nor missing. */
  readonly runsExamined: number;
  readonly runsNotLoaded: number;
  readonly errors: readonly GatewayError[];
}

export interface SuspectedChanges {
  readonly changes: readonly ChangePointOfWorkflow[];
  /** With errors, changes are omitted. */
  readonly errors: readonly GatewayError[];
}

export interface CommonInputOfWorkflow extends CommonInput {
  readonly workflowId: string;
}

export interface CommonInputsOfGroup extends CommonInputs {
  readonly nodes: readonly CommonInputOfWorkflow[];
}

export interface ShiftOfWorkflow extends Shift {
  readonly workflowId: string;
  readonly suspectedChanges: () => Promise<SuspectedChanges>;
}

export interface ShiftsOfWorkflow {
  readonly nodes: readonly ShiftOfWorkflow[];
  readonly runsExamined: number;
  readonly runsRequested: number;
}

export type FailureGroupOrder = 'IMPACT' | 'COUNT' | 'RECENT' | 'COST';

/** A failure group with claims that need further runs, which are loaded when a claim is selected. */
export interface FailureGroupInHistory extends FailureGroup {
  readonly history: () => Promise<GroupHistory>;
  /** Includes the completed runs that decide whether it is resolved or has returned. */
  readonly judged: () => Promise<GroupHistory>;
  /** Finished runs of the window since the failure was first seen, or null if no start is known. */
  readonly finishedCount: () => Promise<number | null>;
  readonly estimatedCost: () => Promise<Cost | null>;
  readonly suspectedChanges: () => Promise<SuspectedChanges>;
  readonly commonInputs: () => Promise<CommonInputsOfGroup>;
}

export interface FoundFailureGroups {
  readonly nodes: readonly FailureGroupInHistory[];
  /** Whether the windows are complete. */
  readonly isComplete: boolean;
  readonly runsExamined: number;
  readonly runsRequested: number;
  readonly runsNotLoaded: () => Promise<number>;
}

export interface BaselineOfRun {
  readonly workflowId: string;
  readonly runId: string;
  /** The failed run. */
  readonly failedRunId: string;
  readonly reason: BaselineReason;
  readonly changes: readonly ChangePointOfWorkflow[];
}

/** What the runs of a workflow reveal about a failed run. */
export interface RunTriage {
  readonly group: FailureGroupInHistory;
  readonly occurrence: Occurrence;
  /** Number of runs that didn't fail, or whose failure is known. */
  readonly runsExamined: number;
  readonly suspectedChanges: () => Promise<SuspectedChanges>;
  readonly baseline: () => Promise<BaselineOfRun | null>;
}
