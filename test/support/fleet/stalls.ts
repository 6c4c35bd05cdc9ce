/** How late this process was: what came while it stood still seems to be older than it is. */

export interface Stalls {
  /** The longest time for which it stood still, of those that ended in between. */
  longestMs(fromMs: number, toMs: number): number;
  close(): void;
}

const EVERY_MS = 50;

export function watchStalls(): Stalls {
  const stalls: { readonly endedAtMs: number; readonly lateMs: number }[] = [];
  let dueMs = Date.now() + EVERY_MS;
  const timer = setInterval(() => {
    const endedAtMs = Date.now();
    if (endedAtMs - dueMs > EVERY_MS) stalls.push({ endedAtMs, lateMs: endedAtMs - dueMs });
    dueMs = endedAtMs + EVERY_MS;
  }, EVERY_MS);
  return {
    longestMs: (fromMs, toMs) =>
      stalls
        .filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs <= toMs)
        .reduce((longest, { lateMs }) => Math.max(longest, lateMs), 0),
    close() {
      clearInterval(timer);
    },
  };
}
