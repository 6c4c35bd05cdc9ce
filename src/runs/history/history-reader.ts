/**
 * Reads a history that changes while it is read. The upstream pages by offset, newest first, so each new run moves the others
 * down by one. A position is therefore a run; its offset is only where to look for it first.
 */
import type { RunRecord } from '../../domain/types.ts';

/** A run's position in the history. */
export interface HistoryPosition {
  /** Null: behind all runs that started then or later. */
  readonly runId: string | null;
  /** Its offset when it was read. */
  readonly offset: number;
  /**
   * In microseconds since 1970: runs that started earlier are behind it, where the run itself is not found. Its own start, or by that
   * of the runs beside it. Null: none of them had started.
   */
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
  /** Up to `limit` of them from `offset` on; fewer at the end of the history. */
  readonly records: readonly RunRecord[];
  /** True if the upstream can't tell anything newer. */
  readonly isStale: boolean;
}

/** `isAnew`: what was cached before will not do. */
export type ReadWindow = (offset: number, limit: number, isAnew: boolean) => Promise<HistoryWindow>;

export interface HistoryReader {
  /** The next entries, in order: about as many as wanted (at most 99 or 100 at a time); none at the end. */
  next(wanted: number): Promise<readonly HistoryEntry[]>;
  /** True when the end was seen. If a full window ends exactly there, it is still false. */
  readonly isAtEnd: boolean;
  /** True when the anchor was not found by `MAX_SEARCHES`: `next` has nothing more, and another reader may go on from `position`. */
  readonly isLost: boolean;
  /** True when it is lost among windows that repeat one another: the upstream does not page by offset, and `position` leads nowhere. */
  readonly isAstray: boolean;
  /** Behind the last entry; where it is lost, with the offset where to look next. */
  readonly position: HistoryPosition | null;
}

/** The upstream's largest page. */
export const MAX_WINDOW = 100;
/** For an anchor that has moved one more window is read, and so many beyond that by a reader in all: some thousand runs. */
export const MAX_SEARCHES = 10;

/** Starts behind `after`; null: with the newest run. */
export function createHistoryReader(readWindow: ReadWindow, after: HistoryPosition | null): HistoryReader {
  let anchor = after;
  let isAtEnd = false;
  let isLost = false;
  let isAstray = false;
  let searches = 0;
  // Cached windows may be of different ages. Where they contradict one another, all further ones are read anew.
  let isAnew = false;

  /** Reads windows until one contains the anchor, or shows where it would be; returns the entries behind it. */
  async function readBehind(last: HistoryPosition, wanted: number): Promise<readonly HistoryEntry[]> {
    // One more than wanted: the window starts with the anchor, unless that has moved.
    let limit = Math.min(MAX_WINDOW, wanted + 1);
    let { offset } = last;
    let before: 'down' | 'up' | null = null;
    const firsts = new Set<string>();
    let hasRepeated = false;
    for (;;) {
      const { records, isStale } = await readWindow(offset, limit, isAnew);
      const first = records[0]?.id ?? '';
      hasRepeated ||= first !== '' && firsts.has(first);
      firsts.add(first);
      const isLastWindow = records.length < limit;
      const from = indexBehind(records, last);
      // All are newer, since so many runs have started; or the anchor is the last of them.
      const isAbove = from === records.length && !isLastWindow;
      // All are older: runs above were deleted, and the anchor has moved up. Stale windows may contradict one another for good.
      const isBelow = from === 0 && offset > 0 && !(isStale && before === 'down');
      if (!isAbove && !isBelow) {
        isAtEnd = isLastWindow;
        return entriesOf(records, offset).slice(from);
      }
      const turn = isAbove ? 'down' : 'up';
      if (isAbove) offset += records.length - 1;
      else offset = records.length === 0 && before === 'up' ? 0 : Math.max(0, offset - (MAX_WINDOW - 1));
      if (before !== null) searches += 1;
      if (searches > MAX_SEARCHES) {
        isLost = true;
        isAstray = hasRepeated;
        anchor = { ...last, offset };
        return [];
      }
      isAnew ||= before !== null && before !== turn;
      before = turn;
      limit = MAX_WINDOW;
    }
  }

  return {
    async next(wanted) {
      if (isAtEnd || isLost) return [];
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
    get isLost() {
      return isLost;
    },
    get isAstray() {
      return isAstray;
    },
    get position() {
      return anchor;
    },
  };
}

/** The index behind the anchor; if it is not in the window, the index of the first older run. */
function indexBehind(window: readonly RunRecord[], anchor: HistoryPosition): number {
  const found = window.findIndex((record) => record.id === anchor.runId);
  if (found >= 0) return found + 1;
  const older = window.findIndex((record) => startOf(record) < (anchor.startMicros ?? Infinity));
  return older >= 0 ? older : window.length;
}

/** A run that has not started counts as newer than any that has. */
const startOf = (record: RunRecord): number => record.startTime?.epochMicros ?? Infinity;

function entriesOf(window: readonly RunRecord[], offset: number): HistoryEntry[] {
  const first = window.find(({ startTime }) => startTime)?.startTime;
  let startMicros = first ? first.epochMicros + 1 : null;
  return window.map((record, index) => {
    startMicros = record.startTime?.epochMicros ?? startMicros;
    return { record, position: { runId: record.id, offset: offset + index, startMicros } };
  });
}
