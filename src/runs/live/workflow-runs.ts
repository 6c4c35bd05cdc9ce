/** Latest runs of a workflow for its subscribers, and detection of changed runs. */
import { isOver } from '../../domain/status.ts';
import type { RunRecord } from '../../domain/types.ts';
import type { GatewayError } from '../../upstream/errors.ts';
import type { NewestRuns } from '../history/run-history.ts';
import { asStale, type Snapshot } from '../snapshot.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import type { LiveState, LiveStates } from './topic.ts';
import { isSameRecord } from './run-state.ts';

export interface WatchedRun {
  /** Sequence number of the state in which the run last changed, or 0 if it was old at the first read. */
  readonly changedIn: number;
  /** Record, or null for a finished run that is no longer among the newest. The run store may have it. */
  readonly record: Snapshot<RunRecord> | null;
}

export interface WorkflowRuns extends LiveState {
  /** Identity of a sequence number. Subscribers keep it instead of the state, which references a response's string. */
  readonly stamp: object;
  /** Whether a poll has succeeded. */
  readonly isRead: boolean;
  /** By run id, newest first. */
  readonly runs: ReadonlyMap<string, WatchedRun>;
  readonly windows: NewestRuns['windows'];
  /** Error of the latest poll if not even a cached response was available, otherwise null. */
  readonly staleBecause: GatewayError | null;
}

/** Number of newest runs for a new subscriber, in addition to all unfinished ones. */
export const NEWEST_RUNS = 20;
/** Records that the first poll reads: the upstream's largest page. */
const FIRST_READ = 100;
/** Maximum number of remembered run ids. A remembered run isn't mistaken for a new one. */
const MAX_KNOWN = 1000;

const NOTHING_READ = { isRead: false, runs: new Map<string, WatchedRun>(), windows: [] } as const;

/**
 * Returns the number of records to read, in steps of 20, so that pollers of several viewers and pages make the same
 * calls.
 */
export function wantedRecords(latest: WorkflowRuns | null): number {
  if (!latest?.isRead) return FIRST_READ;
  const depth = 1 + [...latest.runs.values()].findLastIndex(isOpen);
  return Math.min(FIRST_READ, NEWEST_RUNS * Math.ceil(Math.max(1, depth) / NEWEST_RUNS));
}

/** Whether the records overlap the runs read before, and contain each run that was then unfinished. */
export function reachesKnown(latest: WorkflowRuns | null, records: readonly RunRecord[]): boolean {
  if (!latest?.isRead) return true;
  const ids = new Set(records.map(({ id }) => id));
  const isMissing = ([id, run]: readonly [string, WatchedRun]) => isOpen(run) && !ids.has(id);
  return records.some(({ id }) => latest.runs.has(id)) && ![...latest.runs].some(isMissing);
}

export const workflowStates: LiveStates<WorkflowRuns, NewestRuns> = {
  follow: (latest, reading) => inPieces(following(latest, reading)),

  afterFault(latest, error) {
    if (!latest) return { ...NOTHING_READ, sequence: 1, stamp: {}, staleBecause: error };
    if (latest.staleBecause) return latest;
    const next = latest.sequence + 1;
    const staleReason = `${error.code}: ${error.message}`;
    const runs = [...latest.runs].map(([id, run]): [string, WatchedRun] => [
      id,
      run.record?.staleReason === null ? { changedIn: next, record: asStale(run.record, staleReason) } : run,
    ]);
    return { ...latest, sequence: next, stamp: {}, runs: new Map(runs), staleBecause: error };
  },

  // A new subscriber must not get data older than the failure.
  forNewcomer: (state) => (state.staleBecause ? { ...state, runs: NOTHING_READ.runs } : state),
  isSameFetch: ({ windows: one }, { windows: another }) =>
    one.length === another.length && one.every((window, index) => window === another[index]),
  isWhole: ({ staleBecause, runs }) =>
    staleBecause === null && ![...runs.values()].some(({ record }) => record !== null && record.staleReason !== null),
  isFinal: () => false,
  dueMs: (_state, untilMs) => untilMs,
};

/** Yields after each run: its payload may be large, and the event loop must not wait for all of them. */
function* following(
  latest: WorkflowRuns | null,
  { records, windows }: NewestRuns,
): Generator<void, WorkflowRuns, void> {
  const known = latest ?? { ...NOTHING_READ, sequence: 0, stamp: {} };
  const next = known.sequence + 1;
  const read = new Map<string, WatchedRun>();
  const lastKnown = records.findLastIndex(({ value }) => known.runs.has(value.id));
  for (const [index, record] of records.entries()) {
    const { id } = record.value;
    const isShown = index < NEWEST_RUNS || isOpen({ record });
    const isNew = known.isRead ? lastKnown < 0 || index < lastKnown : isShown;
    const changedIn = changeOf(known.runs.get(id), record, { next, isNew });
    read.set(id, { changedIn, record: isShown || changedIn === next ? record : null });
    yield;
  }
  const isChanged = !latest || [...read.values()].some(({ changedIn }) => changedIn === next);
  const others = [...known.runs].filter(([id]) => !read.has(id));
  const forgotten = others.map(([id, { changedIn }]) => [id, { changedIn, record: null }] as const);
  return {
    sequence: isChanged ? next : known.sequence,
    stamp: isChanged ? {} : known.stamp,
    isRead: true,
    runs: new Map([...read, ...forgotten].slice(0, MAX_KNOWN)),
    windows,
    staleBecause: null,
  };
}

/**
 * Returns the runs that changed after the state `since`, newest first. With 0, returns the runs for a new subscriber.
 */
export const changedRuns = ({ runs }: WorkflowRuns, since: number): [string, WatchedRun][] =>
  [...runs].filter(([, { changedIn, record }]) => (since === 0 ? record !== null : changedIn > since));

function changeOf(
  known: WatchedRun | undefined,
  record: Snapshot<RunRecord>,
  { next, isNew }: { readonly next: number; readonly isNew: boolean },
): number {
  if (!known) return isNew ? next : 0;
  if (!known.record) return isOpen({ record }) ? next : known.changedIn;
  const isSame =
    isSameRecord(known.record, record) && (known.record.staleReason === null) === (record.staleReason === null);
  return isSame ? known.changedIn : next;
}

function isOpen({ record }: Pick<WatchedRun, 'record'>): boolean {
  if (!record) return false;
  const { status, endTime } = record.value;
  return !isOver(status, endTime);
}
