/** Classifies failure groups by the examined runs: since when, and whether new, returned or resolved. */
import { maxOf } from '../order.ts';
import { isOver } from '../status.ts';
import type { Timestamp } from '../timestamp.ts';
import type { RunRecord } from '../types.ts';
import { failureKey, type Failure, type FailureGroup } from './failure-groups.ts';

/** Runs before the end of a window that are always examined. */
export const LOOK_BACK = {
  /** Two pages of the upstream. */
  mostRuns: 199,
  leastRuns: 50,
  days: 7,
} as const;

export interface ExaminedRuns {
  /** Runs of the window, and before and after it, in any order. */
  readonly records: readonly RunRecord[];
  /** Known causes of failures. A failed run without an entry may belong to any group. */
  readonly failures: readonly Failure[];
  /** Completed nodes by run id, for runs with loaded steps. */
  readonly completedNodes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether the steps of a run couldn't be loaded. */
  readonly isUnreadable?: (record: RunRecord) => boolean;
  /** Whether the history goes back to the workflow's first run. */
  readonly isWhole: boolean;
}

/** UNKNOWN if runs that couldn't be loaded might change the result. */
export type FailureState = 'NEW' | 'RETURNED' | 'ONGOING' | 'RESOLVED' | 'UNKNOWN';

export interface GroupHistory {
  /** Start of the first examined run of the group, or null if unknown. */
  readonly firstSeenAt: Timestamp | null;
  /** Whether enough runs before `firstSeenAt` were examined without finding the failure. */
  readonly firstSeenIsExact: boolean;
  readonly state: FailureState;
  /** First failure after the gap, or null unless RETURNED. */
  readonly returnedAt: Timestamp | null;
  /** Whether a failed run before `firstSeenAt` has an unknown cause. */
  readonly hasUnknownBefore: boolean;
  /** Number of runs with a completed node that would resolve the group, or null if none can or it is resolved. */
  readonly completionsNeeded: number | null;
  /** Without a long gap, it can't have returned. */
  readonly hasLongGap: boolean;
  /**
   * Gap in which completions of the node would show that the failure has returned, or null if there is none or they are
   * known.
   */
  readonly openGap: Gap | null;
  /** Start of the last examined run of the group, in µs since 1970, or null if unknown. */
  readonly lastMicros: number | null;
}

/** Times of two successive failures, in µs since 1970. */
export interface Gap {
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** Number of finished runs without a failure that must directly precede it for it to be new. */
export const RUNS_WITHOUT = 20;
/** Number of runs in which the node must have completed since, for the failure to be resolved. */
export const COMPLETED_SINCE = 3;
/** A failure has returned after a gap at least this many times as long, in runs, as any other. */
const GAP_FACTOR = 5;
/** Fewer gaps don't show how long a usual gap is. */
const OTHER_GAPS = 2;

/** When the failures of a group began, or began again. */
export interface Beginning {
  /** Time, or null if no start is known. */
  readonly at: Timestamp | null;
  readonly isExact: boolean;
  /** Whether a failed run before it has an unknown cause. */
  readonly hasUnknownBefore: boolean;
}

export const beginningOf = (history: GroupHistory): Beginning => ({
  at: history.returnedAt ?? history.firstSeenAt,
  isExact: history.returnedAt !== null || history.firstSeenIsExact,
  hasUnknownBefore: history.hasUnknownBefore,
});

type Named = Pick<FailureGroup, 'nodeId' | 'cause'>;

export function createGroupHistory(examined: ExaminedRuns): (group: Named) => GroupHistory {
  const { records, failures, completedNodes, isWhole, isUnreadable = () => false } = examined;
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

  /** Computed once for all groups of the node. */
  function completionsOf(nodeId: string | null): Completions {
    const known = ofNodes.get(nodeId);
    if (known) return known;
    const hasCompleted = ({ id, status }: RunRecord): boolean =>
      nodeId === null ? status === 'COMPLETED' : completedNodes.get(id)?.has(nodeId) === true;
    const open = finished.filter((record) => !hasCompleted(record) && !completedNodes.has(record.id));
    const completions = {
      known: startsOf(finished.filter(hasCompleted)),
      unknown: startsOf(open),
      unreadable: startsOf(open.filter(isUnreadable)),
    };
    ofNodes.set(nodeId, completions);
    return completions;
  }

  return (group) => {
    const alike = groups.get(failureKey(group)) ?? [];
    const started = alike.flatMap(({ startedAt }) => startedAt ?? []).sort((a, b) => a.epochMicros - b.epochMicros);
    const [first, last] = [started[0], started.at(-1)];
    if (!first || !last) return UNKNOWN_START;
    const hasUnknownBefore = unknown.some((start) => start === null || start < first.epochMicros);
    const areKnown = started.length === alike.length;
    const completions = completionsOf(group.nodeId);
    const own = started.map(({ epochMicros }) => epochMicros);
    const judged = judge(own, starts, completions, isWhole);
    // An intermittent failure had been absent just as long before.
    const isRare = judged.before > judged.between;

    const completed = countBetween(completions.known, last.epochMicros, Infinity);
    const mayComplete = completed + countBetween(completions.unknown, last.epochMicros, Infinity);
    const isResolved = areKnown && unknown.length === 0 && completed >= judged.needed;
    const state = stateOf({ own, unknown, areKnown, starts, completions, isWhole });
    return {
      firstSeenAt: first,
      firstSeenIsExact: areKnown && !hasUnknownBefore && (isWhole || isRare),
      state,
      returnedAt: state === 'RETURNED' ? (started[judged.returnedAt ?? 0] ?? null) : null,
      hasUnknownBefore,
      completionsNeeded: isResolved || mayComplete < judged.needed ? null : judged.needed,
      hasLongGap: judged.returnedAt !== null,
      openGap: judged.openGap,
      lastMicros: last.epochMicros,
    };
  };
}

interface Judged {
  readonly state: FailureState;
  /** Finished runs before the first failure, and the maximum between two failures. */
  readonly before: number;
  readonly between: number;
  /** Number of completions of the node since the last failure that would resolve it. */
  readonly needed: number;
  /** Index of the failure after the one long gap, or null. */
  readonly returnedAt: number | null;
  readonly openGap: Gap | null;
}

/** Takes the starts of all failures of the group and of finished runs, earliest first. */
function judge(own: readonly number[], starts: readonly number[], completions: Completions, isWhole: boolean): Judged {
  const [first = 0, last = 0] = [own[0], own.at(-1)];
  const gaps = own.slice(1).map((to, at) => countBetween(starts, own[at] ?? to, to));
  const between = Math.max(0, maxOf(gaps));
  const before = countBetween(starts, -Infinity, first);
  const needed = Math.max(COMPLETED_SINCE, own.length > 1 ? between + 1 : 0);
  const completed = countBetween(completions.known, last, Infinity);
  const returnedAt = indexAfterLongGap(gaps);
  const gap = returnedAt === null ? null : { fromMicros: own[returnedAt - 1] ?? 0, toMicros: own[returnedAt] ?? 0 };
  const inGap = (some: readonly number[]) => (gap ? countBetween(some, gap.fromMicros, gap.toMicros) : 0);
  const knownInGap = inGap(completions.known);
  const hasReturned = gap !== null && knownInGap >= COMPLETED_SINCE;
  const mayHaveReturned = gap !== null && knownInGap + inGap(completions.unreadable) >= COMPLETED_SINCE;
  // A complete history of few runs proves nothing about a rarer failure.
  const isNew = before > between && (isWhole || before >= RUNS_WITHOUT);
  const mayBeResolved = completed + countBetween(completions.unreadable, last, Infinity) >= needed;
  const later = (): FailureState =>
    hasReturned ? 'RETURNED' : mayHaveReturned ? 'UNKNOWN' : isNew ? 'NEW' : 'ONGOING';
  return {
    state: completed >= needed ? 'RESOLVED' : mayBeResolved ? 'UNKNOWN' : later(),
    ...{ before, between, needed, returnedAt },
    openGap: hasReturned || knownInGap + inGap(completions.unknown) < COMPLETED_SINCE ? null : gap,
  };
}

/** Index of the failure after the only long gap, or null unless there is exactly one. */
function indexAfterLongGap(gaps: readonly number[]): number | null {
  const longest = gaps.indexOf(Math.max(0, maxOf(gaps)));
  const others = gaps.filter((_, at) => at !== longest);
  const isLong = (gaps[longest] ?? 0) >= Math.max(RUNS_WITHOUT, GAP_FACTOR * (Math.max(0, maxOf(others)) + 1));
  return isLong && others.length >= OTHER_GAPS ? longest + 1 : null;
}

interface Evidence {
  readonly own: readonly number[];
  /** Starts of failed runs with unknown causes. */
  readonly unknown: readonly (number | null)[];
  readonly areKnown: boolean;
  readonly starts: readonly number[];
  readonly completions: Completions;
  readonly isWhole: boolean;
}

/** With failed runs of unknown cause, claims only what holds both if none and if all of them belong to the group. */
function stateOf({ own, unknown, areKnown, starts, completions, isWhole }: Evidence): FailureState {
  const judgeAs = (some: readonly number[], finished: readonly number[]): FailureState =>
    judge(some, finished, completions, isWhole).state;
  if (!areKnown || unknown.includes(null)) return 'UNKNOWN';
  const state = judgeAs(own, starts);
  if (unknown.length === 0) return state;
  const added = unknown.filter((start) => start !== null);
  const sorted = (some: readonly number[]) => [...some, ...added].sort((a, b) => a - b);
  // If some of them belonged to the group, the gaps would be different.
  const isClaimed = state === 'NEW' || state === 'ONGOING';
  const isBefore = state === 'NEW' && added.some((start) => start < (own[0] ?? 0));
  return isClaimed && !isBefore && judgeAs(sorted(own), sorted(starts)) === state ? state : 'UNKNOWN';
}

/** Starts of finished runs, earliest first. */
interface Completions {
  /** Starts of runs in which the node has completed. */
  readonly known: readonly number[];
  /** Starts of runs whose steps aren't loaded. */
  readonly unknown: readonly number[];
  /** Starts of runs whose steps couldn't be loaded. */
  readonly unreadable: readonly number[];
}

const UNKNOWN_START: GroupHistory = {
  firstSeenAt: null,
  firstSeenIsExact: false,
  state: 'UNKNOWN',
  returnedAt: null,
  hasUnknownBefore: true,
  completionsNeeded: null,
  hasLongGap: false,
  openGap: null,
  lastMicros: null,
};

interface Window {
  readonly window: readonly RunRecord[];
  isExamined(record: RunRecord): boolean;
}

/** Finished and examined runs of the window since the failure was first seen, including the group's own. */
export const affectedRuns = (firstSeenAt: Timestamp, examined: Window): number =>
  examined.window.filter(
    (record) =>
      isFinished(record) && examined.isExamined(record) && (startOf(record) ?? Infinity) >= firstSeenAt.epochMicros,
  ).length;

/** Number of starts after `from` and before `to`. Starts are sorted, earliest first. */
export const countBetween = (starts: readonly number[], from: number, to: number): number =>
  Math.max(0, indexFrom(starts, to) - indexFrom(starts, from + 1));

/** Index of the first start at or after the moment. */
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
