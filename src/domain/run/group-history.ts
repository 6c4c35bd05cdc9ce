/** Decides from earlier runs whether a failure group is new. */
import { isTerminal } from '../status.ts';
import type { RunRecord } from '../types.ts';
import { failureKey, type Failure, type FailureGroup } from './failure-groups.ts';

export interface FirstSeen {
  readonly isExact: boolean;
  readonly isNew: boolean;
}

export interface ExaminedRuns {
  /** Runs within and before the window, in any order. */
  readonly records: readonly RunRecord[];
  /** Known causes of failures. A failed run without an entry may belong to any group. */
  readonly failures: readonly Failure[];
  /** True if the workflow has no older runs. */
  readonly isWhole: boolean;
}

/** Finished runs without a failure that must directly precede it, for the failure to be new. */
export const RUNS_WITHOUT = 20;

const NOT_SHOWN: FirstSeen = { isExact: false, isNew: false };

/** Evidence: runs that started before the group, and after the latest earlier failure with an unknown cause. */
export function createFirstSeen({ records, failures, isWhole }: ExaminedRuns): (group: FailureGroup) => FirstSeen {
  const known = new Set(failures.map(({ runId }) => runId));
  const groups = Map.groupBy(failures, failureKey);
  const isUnknown = ({ id, status }: RunRecord) => status === 'FAILED' && !known.has(id);
  const unknown = records.filter(isUnknown).map(startOf);
  const finished = records.filter((record) => isTerminal(record.status) && !isUnknown(record));
  const starts = finished.flatMap((record) => startOf(record) ?? []).sort((a, b) => b - a);

  return (group) => {
    const first = startOf({ startTime: group.firstSeenAt });
    const alike = groups.get(failureKey({ ...group, maskedMessage: group.message })) ?? [];
    if (first === null || alike.some(({ startedAt }) => !startedAt || startedAt.epochMicros < first)) return NOT_SHOWN;
    // A run without a start may have failed at any time.
    const unknownBefore = unknown.filter((start) => start === null || start < first).map((start) => start ?? first);
    const evidenceFrom = Math.max(...unknownBefore);
    const newest = indexBefore(starts, first);
    const has = (count: number): boolean => (starts[newest + count - 1] ?? -Infinity) > evidenceFrom;
    const isBeginning = isWhole && unknownBefore.length === 0;
    return { isExact: isBeginning || has(1), isNew: isBeginning || has(RUNS_WITHOUT) };
  };
}

/** Index of the first start before the moment. Starts are sorted latest first. */
function indexBefore(starts: readonly number[], moment: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((starts[middle] ?? -Infinity) < moment) high = middle;
    else low = middle + 1;
  }
  return low;
}

const startOf = ({ startTime }: Pick<RunRecord, 'startTime'>): number | null => startTime?.epochMicros ?? null;
