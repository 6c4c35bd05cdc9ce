/**
 * Repeats failed writes: when Valkey is back, and each second while some are left, since a Valkey that refuses writes (read-only,
 * full) recovers without a disconnect.
 */
import type { After } from '../runs/timer.ts';
import type { Valkey } from './valkey.ts';

export interface Retries {
  /** Call it after a failed write. */
  begin(): void;
  close(): void;
}

export interface RetriesOptions<T> {
  readonly valkey: Pick<Valkey, 'isUp' | 'onUp'>;
  readonly after: After;
  readonly unwritten: () => IteratorObject<T>;
  /** Resolves with true if written, and then no longer in `unwritten`. Otherwise it calls `begin`. */
  readonly write: (each: T) => Promise<boolean>;
}

const RETRY_MS = 1000;
const MAX_AT_ONCE = 100;

export function createRetries<T>({ valkey, after, unwritten, write }: RetriesOptions<T>): Retries {
  /** Number of refused writes at the beginning of the list. Those after them come first. */
  let skipped = 0;
  let cancel: (() => void) | null = null;
  let turn: Promise<void> | null = null;
  let isClosed = false;

  function begin(): void {
    if (isClosed || cancel) return;
    cancel = after(RETRY_MS, () => {
      cancel = null;
      // While Valkey is down, `onUp` starts the next attempt.
      if (valkey.isUp) writeAll();
    });
  }

  /** Single flight. */
  function writeAll(): void {
    turn ??= untilRefused().finally(() => {
      turn = null;
    });
  }

  async function untilRefused(): Promise<void> {
    for (let refused = 0; refused === 0; skipped += refused) {
      const batch = next();
      if (batch.length === 0) return;
      const written = await Promise.all(batch.map(write));
      refused = written.filter((isWritten) => !isWritten).length;
    }
  }

  function next(): readonly T[] {
    const batch = unwritten().drop(skipped).take(MAX_AT_ONCE).toArray();
    if (batch.length > 0 || skipped === 0) return batch;
    skipped = 0;
    return next();
  }

  const stop = valkey.onUp(writeAll);
  return {
    begin,
    close() {
      isClosed = true;
      cancel?.();
      stop();
    },
  };
}
