/** Run history of a workflow, page by page, newest first. The run store caches the records of each page. */
import type { InputCondition } from '../../domain/inputs/input-test.ts';
import { wallClockMs } from '../../domain/run/span.ts';
import { isOver, type RunStatus } from '../../domain/status.ts';
import { hasError } from '../../domain/step/step-error.ts';
import { containsText } from '../../domain/text-search.ts';
import type { Timestamp } from '../../domain/timestamp.ts';
import type { RunRecord } from '../../domain/types.ts';
import type { RunRef, RunWindow, UpstreamApi } from '../../upstream/client.ts';
import { AbandonedError, GatewayError } from '../../upstream/errors.ts';
import { createHistoryReader, MAX_WINDOW, type HistoryEntry, type HistoryPosition } from './history-reader.ts';
import { tooManyAnswers, type ReadContext } from '../read-context.ts';
import { ListEntry, type Right, type Subject } from '../entry.ts';
import type { ReadThrough } from '../read-through.ts';
import type { RunStore } from '../run-store.ts';
import { partOf, type Snapshot } from '../snapshot.ts';
import type { Changes } from '../writes/changes.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import { findIn, type FoundRun } from './run-search.ts';
import type { Source } from '../source.ts';
import type { ViewerCache } from '../viewer-cache.ts';

export interface RunFilter {
  readonly status: readonly RunStatus[] | null;
  /** Includes runs that started at this time or later. */
  readonly startedAfter: Timestamp | null;
  readonly startedBefore: Timestamp | null;
  /** Lower-case substring of the record's error, or null for all records. */
  readonly error: string | null;
  /** Lower-case substring of what a list shows of the run, or null for all records. */
  readonly search: string | null;
  /** The inputs must meet all of them. */
  readonly inputs: readonly InputCondition[];
  /** Wall clock, or null for all records. */
  readonly wallClock: MinWallClock | null;
}

export interface MinWallClock {
  readonly minMs: number;
  /** End of unfinished runs. */
  readonly now: Timestamp;
}

export interface FoundEntry extends HistoryEntry, FoundRun {}

export interface HistoryPage {
  readonly entries: readonly FoundEntry[];
  readonly hasNextPage: boolean;
  /** Where to continue: after the last entry or the last scanned run. Null at the very beginning. */
  readonly end: HistoryPosition | null;
  /** Number of runs compared with the filter. */
  readonly examined: number;
}

type RunList = readonly RunRecord[];

/** Called for each run found, with its record. The operation then needs no other record of that run. */
export type OnFound = (ref: RunRef, record: Snapshot<RunRecord>) => void;

export interface RunHistory {
  page(request: PageRequest, operation: ReadContext, onFound?: OnFound): Promise<HistoryPage>;
  /** Returns the latest records, up to `count`. Makes one call per hundred. */
  latest(workflowId: string, count: number, operation: ReadContext, onFound?: OnFound): Promise<readonly RunRecord[]>;
  /** Returns the latest `count` records of the window, and those of the look-back. Scans at most a thousand later records. */
  within(request: WindowRequest, operation: ReadContext, onFound?: OnFound): Promise<RunsInWindow>;
  /** Returns about `wanted` newest records, then a hundred more at a time until they are enough, up to 500. */
  newest(workflowId: string, wanted: number, areEnough: AreEnough, operation: ReadContext): Promise<NewestRuns>;
}

/** A period of time. A null bound is open. */
export type TimeWindow = Pick<RunFilter, 'startedAfter' | 'startedBefore'>;

export interface WindowRequest {
  readonly workflowId: string;
  readonly count: number;
  readonly window: TimeWindow;
  /** Runs before the window's end that are always read. Default: none. */
  readonly lookBack?: LookBack;
}

/** The latest `mostRuns` runs, or those since `sinceMicros` if fewer, but at least `leastRuns`. */
export interface LookBack {
  readonly mostRuns: number;
  readonly leastRuns: number;
  readonly sinceMicros: number;
}

export interface RunsInWindow {
  readonly records: readonly RunRecord[];
  /** Whether these `count` are all runs of the window. */
  readonly isWhole: boolean;
  /** Records of the look-back that aren't in the window. */
  readonly earlier: readonly RunRecord[];
  /** Records that started after the window or haven't started. */
  readonly later: readonly RunRecord[];
  /** Whether these records are all runs of the workflow up to the end of the window. */
  readonly isFromBeginning: boolean;
}

export type AreEnough = (records: readonly RunRecord[]) => boolean;

export interface NewestRuns {
  /** Newest first, each with the times of its window. The window counts the bytes. */
  readonly records: readonly Snapshot<RunRecord>[];
  readonly windows: readonly Snapshot<RunList>[];
}

export interface PageRequest {
  readonly workflowId: string;
  readonly first: number;
  readonly after: HistoryPosition | null;
  readonly filter: RunFilter | null;
  /** Maximum number of windows to read. Default: `MAX_PAGE_CALLS`. */
  readonly maxWindows?: number;
}

/** Maximum number of runs scanned for one page. The upstream can't filter, so runs are scanned until enough match. */
export const MAX_SCANNED = 500;
/** Upstream calls for `MAX_SCANNED` runs: each window but the first repeats the last run of the previous one. */
const MAX_PAGE_CALLS = 1 + Math.ceil((MAX_SCANNED - MAX_WINDOW) / (MAX_WINDOW - 1));

/** Maximum number of later runs skipped to reach `startedBefore`. */
const MAX_LATER = 1000;
const TOO_MANY_LATER = `startedBefore must have at most ${MAX_LATER} runs after it, got more. Choose a later time.`;

/** Windows that a list over several workflows reads for one page. More workflows than this get one window each. */
const MAX_WINDOWS_OF_ALL = 100;

/** Returns the number of windows per workflow: fewer for more workflows. */
export const windowsOfEach = (workflowCount: number): number =>
  Math.max(1, Math.min(MAX_PAGE_CALLS, Math.floor(MAX_WINDOWS_OF_ALL / workflowCount)));

/** Returns the number of records in this many windows: each but the first repeats the last run of the previous one. */
export const recordsOfWindows = (windows: number): number =>
  Math.min(MAX_SCANNED, MAX_WINDOW + (windows - 1) * (MAX_WINDOW - 1));

export interface RunHistoryOptions {
  readonly upstream: UpstreamApi;
  readonly viewers: ViewerCache;
  readonly reads: ReadThrough;
  readonly runStore: RunStore;
  readonly changes: Pick<Changes, 'historyFrom'>;
  readonly liveTtlMs: number;
}

const nameOf = ({ workflowId, offset, limit }: RunWindow): string => `runs ${workflowId}\n${offset} ${limit}`;

class WindowEntry extends ListEntry<RunList> {
  readonly window: RunWindow;

  constructor(right: Right, window: RunWindow) {
    super(right, window.workflowId, nameOf(window));
    this.window = window;
  }
}

export function createRunHistory(options: RunHistoryOptions): RunHistory {
  const { upstream, viewers, reads, runStore, changes, liveTtlMs } = options;
  const subjectOf = (window: RunWindow): Subject<WindowEntry> => ({
    workflowId: window.workflowId,
    name: nameOf(window),
    entryOf: (right) => new WindowEntry(right, window),
  });

  const windows: Source<WindowEntry, RunList> = {
    endpoint: 'runs',
    partOf: ({ list }) => list,
    fetch: ({ window }, call) => upstream.listRuns(window, call),
    lifetimeMs: () => liveTtlMs,
    validFrom: ({ right, window }) => changes.historyFrom(right.viewerId, window.workflowId),
  };

  function readerOf(
    workflowId: string,
    after: HistoryPosition | null,
    operation: ReadContext,
    onWindow: (list: Snapshot<RunList>) => void = () => undefined,
  ) {
    const known = new Map<RunRecord, Snapshot<RunRecord>>();
    let isFirst = true;
    const reader = createHistoryReader(async (offset, limit, isAnew) => {
      if (!isFirst && operation.signal().aborted) throw new AbandonedError();
      isFirst = false;
      const { viewer } = operation;
      const window = { workflowId, offset, limit };
      const reading = isAnew ? { ...operation, skipsLive: true } : operation;
      const subject = subjectOf(window);
      const list = await reads.get({ source: windows, subject }, reading);
      if (!operation.budget.holds(list)) throw tooManyAnswers();
      const listed = { entry: viewers.entryOf(viewers.rightOf(viewer.id), subject), list };
      for (const record of list.value) {
        if (hasId(record)) {
          known.set(record, runStore.offerRecord({ workflowId, runId: record.id }, record, listed, viewer));
        }
      }
      onWindow(list);
      return { records: list.value, isStale: list.staleReason !== null };
    }, after);
    /** Returns the record of a listed run, or a newer one, or null for a record without an id. */
    const knownOf = (record: RunRecord): Snapshot<RunRecord> | null => known.get(record) ?? null;
    return { reader, knownOf };
  }

  /**
   * Returns the latest `count` records of the window, and the look-back. An open end includes runs that haven't
   * started.
   */
  async function latestOf(
    { workflowId, count, window: { startedAfter, startedBefore }, lookBack = NO_LOOK_BACK }: WindowRequest,
    operation: ReadContext,
    onFound: OnFound = () => undefined,
  ): Promise<RunsInWindow> {
    const { reader, knownOf } = readerOf(workflowId, null, operation);
    const records: RunRecord[] = [];
    const earlier: RunRecord[] = [];
    const later: RunRecord[] = [];
    let [isPassed, isCut] = [false, false];
    const read = () => records.length + earlier.length;
    const wanted = () => (isPassed ? lookBack.mostRuns : Math.max(count, lookBack.mostRuns)) - read();
    const isWanted = (record: RunRecord): boolean =>
      read() < lookBack.leastRuns ||
      (read() < lookBack.mostRuns && (record.startTime?.epochMicros ?? Infinity) >= lookBack.sinceMicros);
    while (wanted() > 0 && !reader.isAtEnd) {
      const next = startedBefore ? MAX_WINDOW : Math.min(wanted(), MAX_WINDOW);
      for (const { record, position } of await reader.next(next)) {
        const isEarlier = startedAfter !== null && isBefore(record, startedAfter);
        const known = knownOf(record);
        if (!known) continue;
        const isLater = startedBefore !== null && !isBefore(known.value, startedBefore);
        if (later.length === MAX_LATER && isLater) throw new GatewayError('BAD_USER_INPUT', TOO_MANY_LATER);
        const isInWindow = !isEarlier && !isPassed && records.length < count;
        isPassed ||= isEarlier;
        isCut ||= !isLater && !isPassed && !isInWindow;
        if (!isLater && !isInWindow && !isWanted(record)) {
          return { records, earlier, later, isWhole: isPassed && !isCut, isFromBeginning: false };
        }
        (isLater ? later : isInWindow ? records : earlier).push(known.value);
        onFound({ workflowId, runId: position.runId }, known);
      }
    }
    const isFromBeginning = reader.isAtEnd;
    return { records, earlier, later, isWhole: !isCut && (isPassed || isFromBeginning), isFromBeginning };
  }

  /** Returns null if the filter excludes the run. */
  function foundBy(filter: RunFilter | null, ref: RunRef, record: RunRecord, { viewer }: ReadContext): FoundRun | null {
    if (!filter) return { matchedIn: null };
    return matches(record, filter) ? findIn(record, () => runStore.peekSteps(ref, viewer), filter) : null;
  }

  return {
    async page(
      { workflowId, first, after, filter, maxWindows = MAX_PAGE_CALLS },
      operation,
      onFound = () => undefined,
    ) {
      const { reader, knownOf } = readerOf(workflowId, after, operation);
      // One more than requested shows whether there is a next page. Longer pages share the whole window with other
      // lists.
      const wanted = filter || first >= MAX_WINDOW / 2 ? MAX_WINDOW : first + 1;
      const found: FoundEntry[] = [];
      let end = after;
      let examined = 0;
      /**
       * Returns the page if these entries complete it. Yields before each entry, because a search parses its payload.
       */
      function* examine(entries: readonly HistoryEntry[]): Generator<void, HistoryPage | null, void> {
        for (const entry of entries) {
          yield;
          if (found.length === first) return { entries: found, hasNextPage: true, end, examined };
          if (filter?.startedAfter && isBefore(entry.record, filter.startedAfter)) {
            return { entries: found, hasNextPage: false, end: entry.position, examined };
          }
          const known = knownOf(entry.record);
          // A record without an id can't be found again after the history has moved.
          if (!known) continue;
          examined += 1;
          const ref = { workflowId, runId: entry.position.runId };
          const run = foundBy(filter, ref, known.value, operation);
          if (run) {
            found.push({ ...entry, ...run });
            onFound(ref, known);
          }
          end = entry.position;
        }
        return null;
      }
      for (let windows = 0; found.length < first && windows < maxWindows && !reader.isAtEnd; windows += 1) {
        const page = await inPieces(examine(await reader.next(Math.min(wanted, MAX_WINDOW))));
        if (page) return page;
      }
      return { entries: found, hasNextPage: !reader.isAtEnd, end: end === after ? reader.position : end, examined };
    },

    async latest(workflowId, count, operation, onFound) {
      return (await latestOf({ workflowId, count, window: EVER }, operation, onFound)).records;
    },

    async within(request, operation, onFound) {
      const found = await latestOf(request, operation, onFound);
      return {
        ...found,
        records: found.records.filter((record) => matches(record, { ...EVERYTHING, ...request.window })),
      };
    },

    async newest(workflowId, wanted, areEnough, operation) {
      const lists: Snapshot<RunList>[] = [];
      const listOf = new Map<RunRecord, Snapshot<RunList>>();
      const { reader } = readerOf(workflowId, null, operation, (list) => {
        lists.push(list);
        for (const record of list.value) listOf.set(record, list);
      });
      const records: RunRecord[] = [];
      do {
        const entries = await reader.next(records.length === 0 ? Math.min(wanted, MAX_WINDOW) : MAX_WINDOW);
        for (const { record } of entries) records.push(record);
      } while (!reader.isAtEnd && records.length < MAX_SCANNED && !areEnough(records));
      const listed = records.filter(hasId).flatMap((value) => {
        const list = listOf.get(value);
        return list ? partOf(list, value) : [];
      });
      return { records: listed, windows: lists };
    },
  };
}

const EVER: TimeWindow = { startedAfter: null, startedBefore: null };
const NO_LOOK_BACK: LookBack = { mostRuns: 0, leastRuns: 0, sinceMicros: Infinity };
const EVERYTHING: RunFilter = {
  ...EVER,
  ...{ status: null, error: null, search: null, inputs: [], wallClock: null },
};

/** A record without an id is skipped but keeps its position, because the upstream pages by offset. */
const hasId = ({ id }: RunRecord): boolean => id !== '';

function matches(record: RunRecord, filter: RunFilter): boolean {
  const { status, startedAfter, startedBefore, error, wallClock } = filter;
  if (status && !status.includes(record.status)) return false;
  if (startedAfter && (!record.startTime || isBefore(record, startedAfter))) return false;
  if (startedBefore && !isBefore(record, startedBefore)) return false;
  if (wallClock && (lengthOf(record, wallClock.now) ?? -1) < wallClock.minMs) return false;
  return error === null || (record.error !== null && hasError(record.error) && containsText(record.error, error));
}

/** Milliseconds, or null without a start, or for a run that is over without an end. */
const lengthOf = ({ status, startTime, endTime }: RunRecord, now: Timestamp): number | null =>
  wallClockMs({ startedAt: startTime, until: isOver(status, endTime) ? endTime : now });

const isBefore = ({ startTime }: RunRecord, moment: Timestamp): boolean =>
  startTime !== null && startTime.epochMicros < moment.epochMicros;
