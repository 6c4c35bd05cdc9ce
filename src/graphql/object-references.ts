/** References: objects with known ids. Field resolvers load the rest. */
import type { ChangePoint } from '../domain/changes/changes.ts';
import type { Expectation } from '../domain/run/expectation.ts';
import type { FailureGroup } from '../domain/run/failure-groups.ts';
import type { FirstSeen } from '../domain/run/group-history.ts';
import type { RunStatistics } from '../domain/run/statistics.ts';
import type { TrendBucket } from '../domain/run/trend.ts';
import type { UsageTrend } from '../domain/run/usage-trend.ts';

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

/** A failure group with data of further runs, whose steps are loaded when it is selected. */
export interface FailureGroupInHistory extends FailureGroup {
  readonly firstSeen: () => Promise<FirstSeen>;
  readonly isResolved: () => Promise<boolean>;
}

/** An expectation and the runs that it is computed from, newest first. */
export interface ExpectationOfRun extends Expectation {
  readonly workflowId: string;
  readonly runIds: readonly string[];
}

export interface TrendBucketOfWorkflow extends TrendBucket {
  readonly workflowId: string;
  readonly usage: (loadSteps: boolean) => Promise<UsageTrend | null>;
}

export interface ChangePointOfWorkflow extends ChangePoint {
  readonly workflowId: string;
}

export interface WorkflowChanges {
  /** Newest first. */
  readonly points: readonly ChangePointOfWorkflow[];
  /** Errors of runs that could not be loaded, except limits of the operation. */
  readonly errors: readonly Error[];
  readonly coverage: { readonly runCount: number; readonly examinedCount: number };
}
