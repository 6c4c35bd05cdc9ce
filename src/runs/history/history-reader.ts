/**
 * Reads a run history that changes during the read. The upstream pages by offset, newest first, so each new run moves
 * the others down by one. A position is therefore a run; its offset is only where to look first. Later attempts bypass
 * the cache; after three of them, the reader gives up.
 */
import { GatewayError } from '../../upstream/errors.ts';
import type { RunRecord } from '../../domain/types.ts';
import { markOf } from './mark.ts';

export interface HistoryPosition {
  /**
   * Run id, or null for a position after all runs that started at `startMicros` or later, or if only the mark is known.
   */
  readonly runId: string | null;
  /** `markOf` the run's id: all that a cursor over several workflows contains. */
  readonly runMark?: string;
  /** Offset of the run when it was read. */
  readonly offset: number;
  /** Start of the run or a neighbor, in µs since 1970. Earlier runs come after it. Null if none had started. */
  readonly startMicros: number | null;
}

export interface RunPosition extends HistoryPosition {
  readonly runId: string;
}

export interface HistoryEntry {
  readonly record: RunRecord;
  readonly position: RunPosition;
}

export interface HistoryWindow {
  /** Up to `limit` records from `offset` on, fewer at the end of the history. */
  readonly records: readonly RunRecord[];
  /** Whether the upstream failed and these are the last good records. */
  readonly isStale: boolean;
}

/** `isAnew` forbids cached records. */
export type ReadWindow = (offset: number, limit: number, isAnew: boolean) => Promise<HistoryWindow>;

export interface HistoryReader {
  /**
   * Returns about `wanted` next entries in order (at most 99 or 100 at a time), or none at the end. Rejects if the
   * history has moved too far: the client must start again.
   */
  next(wanted: number): Promise<readonly HistoryEntry[]>;
  /** Whether the end was read. Still false if a full window ends exactly there. */
  readonly isAtEnd: boolean;
  /** Position after the last entry. */
  readonly position: HistoryPosition | null;
}

/** Largest page of the upstream. */
export const MAX_WINDOW = 100;
/** Number of additional windows to read to find a moved run. */
const MAX_ATTEMPTS = 3;

const startAgain = (): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `The run history must be paged by offset, and move by at most ${MAX_ATTEMPTS * (MAX_WINDOW - 1)} runs during a read. ` +
      'Start again without a cursor, or check the upstream with upstream:check.',
  );

/** Starts after `after`, or with the newest run if it is null. */
export function createHistoryReader(readWindow: ReadWindow, after: HistoryPosition | null): HistoryReader {
  let anchor = after;
  let isAtEnd = false;
  // Cached windows may differ in age. Once a run has moved, all further windows bypass the cache.
  let isAnew = false;

  /** Reads windows until one contains the anchor or its place. Returns the entries after it. */
  async function readBehind(last: HistoryPosition, wanted: number): Promise<readonly HistoryEntry[]> {
    // One more than wanted: the window starts with the anchor, unless that has moved.
    let limit = Math.min(MAX_WINDOW, wanted + 1);
    let { offset } = last;
    let before: 'down' | 'up' | null = null;
    for (let attempt = 0; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { records, isStale } = await readWindow(offset, limit, isAnew);
      const isLastWindow = records.length < limit;
      const from = indexBehind(records, last);
      // Either all records are newer, because many runs have started, or the anchor is the last record.
      const isAbove = from === records.length && !isLastWindow;
      // All records are older: runs above were deleted, and the anchor moved up. If stale windows of different ages
      // contradict each other, this one counts.
      const isBelow = from === 0 && offset > 0 && !(isStale && before === 'down');
      if (!isAbove && !isBelow) {
        isAtEnd = isLastWindow;
        return entriesOf(records, offset).slice(from);
      }
      if (isAbove) offset += records.length - 1;
      else offset = records.length === 0 && before === 'up' ? 0 : Math.max(0, offset - (MAX_WINDOW - 1));
      before = isAbove ? 'down' : 'up';
      isAnew = true;
      limit = MAX_WINDOW;
    }
    throw startAgain();
  }

  return {
    async next(wanted) {
      if (isAtEnd) return [];
      let entries: readonly HistoryEntry[];
      if (anchor) {
        entries = await readBehind(anchor, wanted);
      } else {
        const limit = Math.min(MAX_WINDOW, wanted);
        entries = entriesOf((await readWindow(0, limit, isAnew)).records, 0);
        isAtEnd = entries.length < limit;
      }
      anchor = entries.at(-1)?.position ?? anchor;
      return entries;
    },
    get isAtEnd() {
      return isAtEnd;
    },
    get position() {
      return anchor;
    },
  };
}

/** Returns the index after the anchor, or that of the first older run if the window doesn't contain it. */
function indexBehind(window: readonly RunRecord[], anchor: HistoryPosition): number {
  const { runId, runMark } = anchor;
  const found = window.findIndex(({ id }) => id === runId || (runMark !== undefined && markOf(id) === runMark));
  if (found >= 0) return found + 1;
  const older = window.findIndex((record) => startOf(record) < (anchor.startMicros ?? Infinity));
  return older >= 0 ? older : window.length;
}

/** A run that hasn't started counts as newer than all others. */
const startOf = (record: RunRecord): number => record.startTime?.epochMicros ?? Infinity;

function entriesOf(window: readonly RunRecord[], offset: number): HistoryEntry[] {
  const first = window.find(({ startTime }) => startTime)?.startTime;
  let startMicros = first ? first.epochMicros + 1 : null;
  return window.map((record, index) => {
    startMicros = record.startTime?.epochMicros ?? startMicros;
    return { record, position: { runId: record.id, offset: offset + index, startMicros } };
  });
}
