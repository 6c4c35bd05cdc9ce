/** When processes stood still: what they handled then seems to be older than it is. */

export interface Stalls {
  /** Of another process, which has noticed it by now. */
  add(lateMs: number): void;
  /** The longest time for which it stood still, of those that ended in between. */
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
