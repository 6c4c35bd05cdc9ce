/** Pauses of processes: events that they handle after a pause seem older than they are. */

export interface Stalls {
  /** Adds a pause of another process that has just ended. */
  add(lateMs: number): void;
  /** The longest pause that ended in this interval. */
  longestMs(fromMs: number, toMs: number): number;
  close(): void;
}

const EVERY_MS = 50;

export function watchStalls(): Stalls {
  const stalls: { readonly endedAtMs: number; readonly lateMs: number }[] = [];
  let dueMs = Date.now() + EVERY_MS;
  const add = (lateMs: number): void => {
    if (lateMs > EVERY_MS) stalls.push({ endedAtMs: Date.now(), lateMs });
  };
  const timer = setInterval(() => {
    add(Date.now() - dueMs);
    dueMs = Date.now() + EVERY_MS;
  }, EVERY_MS);
  return {
    add,
    longestMs: (fromMs, toMs) =>
      stalls
        .filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs <= toMs)
        .reduce((longest, { lateMs }) => Math.max(longest, lateMs), 0),
    close() {
      clearInterval(timer);
    },
  };
}
