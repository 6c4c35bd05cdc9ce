/** Things that are only named so far: what else is read of them is loaded by the resolver that reads it. */
import type { RunStatistics } from '../domain/run/statistics.ts';

export interface WorkflowRef {
  readonly id: string;
}

/** A run that was just started. */
export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly message: string | null;
}

/** Counts of some runs, and which they were. */
export interface StatisticsOfRuns extends RunStatistics {
  readonly workflowId: string;
  readonly runIds: readonly string[];
}
