/** Judges failure groups by the examined runs: since when, whether new, and whether resolved. */
import { maxOf } from '../order.ts';
import { isOver } from '../status.ts';
import type { Timestamp } from '../timestamp.ts';
import type { RunRecord } from '../types.ts';
import { failureKey, type Failure, type FailureGroup } from './failure-groups.ts';

/** Runs before the end of a window that are examined whatever its start. */
export const LOOK_BACK = {
  /** Two pages of the upstream. */
  mostRuns: 199,
  leastRuns: 50,
  days: 7,
} as const;

export interface ExaminedRuns {
  /** Runs of the window, before and after it, in any order. */
  readonly records: readonly RunRecord[];
  /** Known causes of failures. A failed run without an entry may belong to any group. */
  readonly failures: readonly Failure[];
  /** Nodes that completed, by run id, for runs with loaded steps. */
  readonly completedNodes: ReadonlyMap<string, ReadonlySet<string>>;
  /** True if the workflow has no older runs. */
  readonly isWhole: boolean;
}

export interface GroupHistory {
  /** Start of the first examined run of the group. Null if no start is known. */
  readonly firstSeenAt: Timestamp | null;
  /** True if enough runs before `firstSeenAt` are examined, and all of them lack the failure. */
  readonly firstSeenIsExact: boolean;
  readonly isNew: boolean;
  readonly isResolved: boolean;
  /** True if a failed run before `firstSeenAt` has an unknown cause. */
  readonly hasUnknownBefore: boolean;
  /** Runs with a completed node that would resolve the group. Null if none can, or it is resolved. */
  readonly completionsNeeded: number | null;
  /** Start of the last examined run of the group, in µs since 1970. Null if no start is known. */
  readonly lastMicros: number | null;
}

/** Finished runs without a failure that must directly precede it, for the failure to be new. */
export const RUNS_WITHOUT = 20;
/** Runs in which the node must have completed since, for the failure to be resolved. */
export const COMPLETED_SINCE = 3;

type Named = Pick<FailureGroup, 'nodeId' | 'cause'>;

export function createGroupHistory(examined: ExaminedRuns): (group: Named) => GroupHistory {
  const { records, failures, completedNodes, isWhole } = examined;
  const known = new Set(failures.map(({ runId }) => runId));
  const groups = Map.groupBy(failures, failureKey);
  const isUnknown = ({ id, status }: RunRecord) => status === 'FAILED' && !known.has(id);
  // A run without a start may have failed at any time.
  const unknown = records.filter(isUnknown).map(startOf);
  const finished = records.filter((record) => isFinished(record) && !isUnknown(record));
  const startsOf = (some: readonly RunRecord[]) =>
    some.flatMap((record) => startOf(record) ?? []).sort((a, b) => a - b);
  const starts = startsOf(finished);
  const ofNodes = new Map<string | null, Completions>();

  /** Once for all groups of the node. */
  function completionsOf(nodeId: string | null): Completions {
    const known = ofNodes.get(nodeId);
    if (known) return known;
    const hasCompleted = ({ id, status }: RunRecord): boolean =>
      nodeId === null ? status === 'COMPLETED' : completedNodes.get(id)?.has(nodeId) === true;
    const completed = finished.filter(hasCompleted);
    const unknown = finished.filter((record) => !hasCompleted(record) && !completedNodes.has(record.id));
    const completions = { known: startsOf(completed), unknown: startsOf(unknown) };
    ofNodes.set(nodeId, completions);
    return completions;
  }

  return (group) => {
    const alike = groups.get(failureKey(group)) ?? [];
    const started = alike.flatMap(({ startedAt }) => startedAt ?? []).sort((a, b) => a.epochMicros - b.epochMicros);
    const [first, last] = [started[0], started.at(-1)];
    if (!first || !last) return UNKNOWN_START;
    const between = largestGap(started, starts);
    const hasUnknownBefore = unknown.some((start) => start === null || start < first.epochMicros);
    const before = countBetween(starts, -Infinity, first.epochMicros);
    const areKnown = started.length === alike.length;
    // An intermittent failure was absent for as long before.
    const isRare = before > between;
    const isAbsent = areKnown && !hasUnknownBefore;

    const completions = completionsOf(group.nodeId);
    const completed = countBetween(completions.known, last.epochMicros, Infinity);
    const mayComplete = completed + countBetween(completions.unknown, last.epochMicros, Infinity);
    const needed = Math.max(COMPLETED_SINCE, started.length > 1 ? between + 1 : 0);
    const isResolved = areKnown && unknown.length === 0 && completed >= needed;
    return {
      firstSeenAt: first,
      firstSeenIsExact: isAbsent && (isWhole || isRare),
      // A whole history of few runs proves nothing about a failure that comes more rarely.
      isNew: isAbsent && isRare && (isWhole || before >= RUNS_WITHOUT),
      isResolved,
      hasUnknownBefore,
      completionsNeeded: isResolved || mayComplete < needed ? null : needed,
      lastMicros: last.epochMicros,
    };
  };
}

/** Starts of finished runs, earliest first. */
interface Completions {
  /** The node has completed. */
  readonly known: readonly number[];
  /** The steps are not loaded. */
  readonly unknown: readonly number[];
}

const UNKNOWN_START: GroupHistory = {
  firstSeenAt: null,
  firstSeenIsExact: false,
  isNew: false,
  isResolved: false,
  hasUnknownBefore: true,
  completionsNeeded: null,
  lastMicros: null,
};

interface Window {
  readonly window: readonly RunRecord[];
  isExamined(record: RunRecord): boolean;
}

/** Finished and examined runs of the window since the failure was first seen. The group's own runs are among them. */
export const affectedRuns = (firstSeenAt: Timestamp, examined: Window): number =>
  examined.window.filter(
    (record) =>
      isFinished(record) && examined.isExamined(record) && (startOf(record) ?? Infinity) >= firstSeenAt.epochMicros,
  ).length;

/** Largest number of finished runs between two successive failures. */
function largestGap(failures: readonly Timestamp[], finished: readonly number[]): number {
  const gaps = failures
    .slice(1)
    .map(({ epochMicros }, at) => countBetween(finished, failures[at]?.epochMicros ?? epochMicros, epochMicros));
  return Math.max(0, maxOf(gaps));
}

/** Number of starts after `from` and before `to`. Starts are sorted, earliest first. */
export const countBetween = (starts: readonly number[], from: number, to: number): number =>
  Math.max(0, indexFrom(starts, to) - indexFrom(starts, from + 1));

/** Index of the first start that is not before the moment. */
function indexFrom(starts: readonly number[], moment: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((starts[middle] ?? Infinity) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const isFinished = ({ status, endTime }: RunRecord): boolean => isOver(status, endTime);

export const startOf = ({ startTime }: Pick<RunRecord, 'startTime'>): number | null => startTime?.epochMicros ?? null;
