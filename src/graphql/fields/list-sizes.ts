/** Sizes of lists and pages, and the calls that they cost. Arguments and the field table share these limits. */
import { MAX_WINDOW } from '../../runs/history/history-reader.ts';
import { MAX_LATER, MAX_PAGE_CALLS, windowsOfEach } from '../../runs/history/run-history.ts';
import type { ArgumentValues } from './argument-values.ts';

export const MAX_LIST_SIZE = 100;
export const MAX_RUNS_IN_STATISTICS = 1000;

/** Assumed sizes: the steps of a run, and small lists such as failed steps. */
export const ASSUMED_STEPS = 20;
export const ASSUMED_FEW = 3;

/** A size out of range costs 0, since the field rejects it before any call. */
const withinRange = (value: unknown, max: number): number =>
  typeof value === 'number' && value >= 1 && value <= max ? value : 0;

export const pageSize = (given: ArgumentValues): number => withinRange(given.get('first'), MAX_LIST_SIZE);

export const runsInStatistics = (given: ArgumentValues): number =>
  withinRange(given.get('last'), MAX_RUNS_IN_STATISTICS);

/** Length of a list argument, at most `max`. GraphQL coerces a single value to a list of one. */
export function listLength(value: unknown, max: number): number {
  if (!Array.isArray(value)) return value == null ? 0 : 1;
  return Math.min(value.length, max);
}

/** Number of workflows in `workflowIds`. Without ids, the maximum number. */
export function workflowCount(given: ArgumentValues): number {
  const ids = given.get('workflowIds');
  return ids == null ? MAX_LIST_SIZE : listLength(ids, MAX_LIST_SIZE);
}

export const bucketCount = (given: ArgumentValues): number => withinRange(given.get('buckets'), MAX_LIST_SIZE);

/** Upstream calls for a page of a history. Behind a cursor, the cursor's run is read again in each window. */
export const historyPageCalls = (given: ArgumentValues): number => pageCalls(given, MAX_PAGE_CALLS);

/** Upstream calls for a page of several histories. */
export function recentPageCalls(given: ArgumentValues): number {
  const workflows = workflowCount(given);
  return workflows * pageCalls(given, windowsOfEach(workflows));
}

function pageCalls(given: ArgumentValues, maxWindows: number): number {
  const isFullBehindCursor = given.get('after') != null && given.get('first') === MAX_WINDOW;
  return (given.get('filter') == null ? 1 : maxWindows) + (isFullBehindCursor ? 1 : 0);
}

/** Upstream calls for a search in the latest runs of a workflow. */
export const SEARCH_CALLS = MAX_PAGE_CALLS;

/**
 * The first window has 100 runs. Each further one starts with the last run of the previous one. Up to 1000 runs after
 * `startedBefore` are read too.
 */
export function statisticsCalls(given: ArgumentValues): number {
  const runs = runsInStatistics(given);
  if (runs === 0) return 0;
  const read = runs + (given.get('startedBefore') == null ? 0 : MAX_LATER);
  return 1 + Math.ceil(Math.max(0, read - MAX_WINDOW) / (MAX_WINDOW - 1));
}

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

/** Loads the steps of each run that may have failed. Runs before the window are included in `last`. */
export const failureGroupCalls = (given: ArgumentValues): number =>
  statisticsCalls(given) + runsInStatistics(given) + (given.get('startedBefore') == null ? 0 : furtherRuns(1).since);

/** Over several workflows: `last` runs of all together, and further runs of each. */
export function failureGroupCallsOfAll(given: ArgumentValues): number {
  const workflows = workflowCount(given);
  return workflows * (statisticsCalls(given) + furtherRuns(workflows).earlier) + runsInStatistics(given);
}

/** Runs that `lastSuccessBeforeFailures` compares with its own run. */
export const COMPARED_RUNS = 100;
