/** Sizes of lists and pages, and the calls that they cost: bounds that arguments and the field table share. */
import { MAX_WINDOW } from '../../runs/history/history-reader.ts';
import { MAX_LATER, MAX_PAGE_CALLS, windowsOfEach } from '../../runs/history/run-history.ts';
import type { ArgumentValues } from './argument-values.ts';

export const MAX_LIST_SIZE = 100;
export const MAX_RUNS_IN_STATISTICS = 1000;

/** Assumed sizes: steps of a run, and small lists such as failed steps. */
export const ASSUMED_STEPS = 20;
export const ASSUMED_FEW = 3;

/** A size out of range costs nothing: the field itself refuses it, before any call. */
const withinRange = (value: unknown, max: number): number =>
  typeof value === 'number' && value >= 1 && value <= max ? value : 0;

/** The page size that the argument `first` asks for. */
export const pageSize = (given: ArgumentValues): number => withinRange(given.get('first'), MAX_LIST_SIZE);

export const runsInStatistics = (given: ArgumentValues): number =>
  withinRange(given.get('last'), MAX_RUNS_IN_STATISTICS);

/** The length of a list argument, `max` if it is longer. One that is no list is coerced to a list of one. */
export function listLength(value: unknown, max: number): number {
  if (!Array.isArray(value)) return value == null ? 0 : 1;
  return Math.min(value.length, max);
}

/** The number of workflows that `workflowIds` names; as many as there may be, where it names none. */
export function workflowCount(given: ArgumentValues): number {
  const ids = given.get('workflowIds');
  return ids == null ? MAX_LIST_SIZE : listLength(ids, MAX_LIST_SIZE);
}

export const bucketCount = (given: ArgumentValues): number => withinRange(given.get('buckets'), MAX_LIST_SIZE);

/** Upstream calls for a page of a history. Behind a cursor, a window holds one run less: the cursor's own is read again. */
export const historyPageCalls = (given: ArgumentValues): number => pageCalls(given, MAX_PAGE_CALLS);

/** The same for a page of several histories. */
export function recentPageCalls(given: ArgumentValues): number {
  const workflows = workflowCount(given);
  return workflows * pageCalls(given, windowsOfEach(workflows));
}

function pageCalls(given: ArgumentValues, maxWindows: number): number {
  const isFullBehindCursor = given.get('after') != null && given.get('first') === MAX_WINDOW;
  return (given.get('filter') == null ? 1 : maxWindows) + (isFullBehindCursor ? 1 : 0);
}

/** Upstream calls for a search among the latest runs of a workflow. */
export const SEARCH_CALLS = MAX_PAGE_CALLS;

/**
 * The first window holds a hundred runs. Each further one starts with the last run of the one before. Up to a thousand runs that
 * started later than `startedBefore` are read, too.
 */
export function statisticsCalls(given: ArgumentValues): number {
  const runs = runsInStatistics(given);
  if (runs === 0) return 0;
  const read = runs + (given.get('startedBefore') == null ? 0 : MAX_LATER);
  return 1 + Math.ceil(Math.max(0, read - MAX_WINDOW) / (MAX_WINDOW - 1));
}

/** Runs whose steps answer more about failure groups than their own runs do. */
export interface FurtherRuns {
  /** Runs before the window: has the failure been there before? */
  readonly earlier: number;
  /** Completed runs after the last failure: has the node completed since? */
  readonly since: number;
}

/** A list over several workflows looks at about a hundred, or at one of each. */
const MAX_FURTHER_RUNS = 100;

export function furtherRuns(workflowCount: number): FurtherRuns {
  const ofEach = Math.max(1, Math.floor(MAX_FURTHER_RUNS / workflowCount));
  return { earlier: Math.min(20, ofEach), since: Math.min(5, ofEach) };
}

/** The steps of each run that may have failed. Runs before the window are among `last`, but those after it are not. */
export const failureGroupCalls = (given: ArgumentValues): number =>
  statisticsCalls(given) + runsInStatistics(given) + (given.get('startedBefore') == null ? 0 : furtherRuns(1).since);

/** The same over several workflows: `last` runs of all, and further ones of each. */
export function failureGroupCallsOfAll(given: ArgumentValues): number {
  const workflows = workflowCount(given);
  return workflows * (statisticsCalls(given) + furtherRuns(workflows).earlier) + runsInStatistics(given);
}

/** Runs that `lastSuccessBeforeFailures` compares with its own. */
export const COMPARED_RUNS = 100;
