/** Largest sizes of lists and pages. */

export const MAX_LIST_SIZE = 100;
export const MAX_RUNS_IN_STATISTICS = 1000;

/** Maximum number of runs whose steps are loaded for further data of failure groups. */
export interface FurtherRuns {
  /** Runs before the window. They show whether the failure is new. */
  readonly earlier: number;
  /** Completed runs after the last failure. They show whether the node has completed since. */
  readonly since: number;
}

/** A list over several workflows reads about this many, or one per workflow. */
const MAX_FURTHER_RUNS = 100;

export function furtherRuns(workflowCount: number): FurtherRuns {
  const ofEach = Math.max(1, Math.floor(MAX_FURTHER_RUNS / workflowCount));
  return { earlier: Math.min(20, ofEach), since: Math.min(5, ofEach) };
}

/** Runs that `lastSuccessBeforeFailures` compares with its own run. */
export const COMPARED_RUNS = 100;
