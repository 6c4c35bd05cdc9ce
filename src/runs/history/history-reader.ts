/**
 * Reads a history that moves while it is read. The upstream pages by offset, newest first, so every run that starts
 * pushes the others down by one: a position in it is therefore a run, and the offset only where to look for it first.
 */
import type { RunRecord } from '../../domain/types.ts';

/** A run's position in the history. */
export interface HistoryPosition {
  readonly runId: string;
  /** Where it stood when it was read. */
  readonly offset: number;
  /** Its start in microseconds since 1970: to go on from if the run itself is gone. Null: it had not started. */
  readonly startMicros: number | null;
}

export interface HistoryEntry {
  readonly record: RunRecord;
  readonly position: HistoryPosition;
}

/** Answers the records from `offset` on, at most `limit` and at most as many as there are. */
export type ReadWindow = (offset: number, limit: number) => Promise<readonly RunRecord[]>;

export interface HistoryReader {
  /** The next entries, in order: about as many as wanted (at most 99 or 100 at a time), none at the end. */
  next(wanted: number): Promise<readonly HistoryEntry[]>;
  /** True when the end was seen. False may still mean that nothing follows, if the end was met exactly. */
  readonly isAtEnd: boolean;
}

/** The upstream answers no more at once. */
export const MAX_WINDOW = 100;

/** `after` null begins with the newest run. */
export function createHistoryReader(readWindow: ReadWindow, after: HistoryPosition | null): HistoryReader {
  let anchor = after;
  let isAtEnd = false;

  /** Reads windows until one has the anchor in it, or tells where it would stand; answers what follows it there. */
  async function readBehind(last: HistoryPosition, wanted: number): Promise<readonly HistoryEntry[]> {
    // The anchor is read again, to see that it still stands where it stood.
    const limit = Math.min(MAX_WINDOW, wanted + 1);
    let offset = last.offset;
    for (;;) {
      const window = await readWindow(offset, limit);
      const isLastWindow = window.length < limit;
      const from = indexBehind(window, last);
      if (from === window.length && !isLastWindow && !endsWith(window, last)) {
        // All of it is newer: so many runs have started that the anchor was pushed further down.
        offset += window.length;
      } else if (from === 0 && offset > 0) {
        // All of it is older: runs above were taken out of the history, and the anchor stands further up.
        offset = Math.max(0, offset - (limit - 1));
      } else if (from === window.length && !isLastWindow) {
        // The anchor came last in the window: what follows starts right behind it.
        offset += window.length - 1;
      } else {
        isAtEnd = isLastWindow;
        return entriesOf(window, offset).slice(from);
      }
    }
  }

  return {
    async next(wanted) {
      if (isAtEnd) return [];
      let entries: readonly HistoryEntry[];
      if (anchor) {
        entries = await readBehind(anchor, wanted);
      } else {
        const limit = Math.min(MAX_WINDOW, wanted);
        entries = entriesOf(await readWindow(0, limit), 0);
        isAtEnd = entries.length < limit;
      }
      anchor = entries.at(-1)?.position ?? anchor;
      return entries;
    },
    get isAtEnd() {
      return isAtEnd;
    },
  };
}

/** The index behind the anchor; where the anchor is not in the window, that of the first run older than it. */
function indexBehind(window: readonly RunRecord[], anchor: HistoryPosition): number {
  const found = window.findIndex((record) => record.id === anchor.runId);
  if (found >= 0) return found + 1;
  const older = window.findIndex((record) => startOf(record) < (anchor.startMicros ?? Infinity));
  return older >= 0 ? older : window.length;
}

const endsWith = (window: readonly RunRecord[], anchor: HistoryPosition): boolean => window.at(-1)?.id === anchor.runId;

/** A run that has not started is newer than any that has. */
const startOf = (record: RunRecord): number => record.startTime?.epochMicros ?? Infinity;

const entriesOf = (window: readonly RunRecord[], offset: number): HistoryEntry[] =>
  window.map((record, index) => ({
    record,
    position: {
      runId: record.id,
      offset: offset + index,
      startMicros: record.startTime?.epochMicros ?? null,
    },
  }));
