/** Time as a dependency, so that tests can use a manual clock. */

export interface Clock {
  /** Current time in ms since 1970. It never decreases: after the machine's clock was set back, it continues evenly. */
  readonly now: () => number;
  /** Converts a time of `now` to the machine's clock as currently set, for display and comparison. */
  readonly wallOf: (ms: number) => number;
}

/** `elapsed` returns ms since an arbitrary moment. It may stop while the machine sleeps. */
export function createClock(wall = () => Date.now(), elapsed = () => performance.now()): Clock {
  let startMs = -Infinity;
  let latestMs = -Infinity;
  let aheadMs = 0;
  return {
    now() {
      const [wallMs, elapsedMs] = [wall(), elapsed()];
      startMs = Math.max(startMs, wallMs - elapsedMs);
      latestMs = Math.max(latestMs, wallMs, Math.floor(startMs + elapsedMs));
      // Both are whole milliseconds, so their difference varies by one.
      if (Math.abs(latestMs - wallMs - aheadMs) > 1) aheadMs = latestMs - wallMs;
      return latestMs;
    },
    wallOf: (ms) => ms - aheadMs,
  };
}

/** Calls `task` once, `ms` from now. Returns the function that cancels it. */
export type After = (ms: number, task: () => void) => () => void;

export const afterOnThisMachine: After = (ms, task) => {
  // Node may fire a timer up to a millisecond early by the machine's clock.
  const timer = setTimeout(task, ms + 1);
  return () => {
    clearTimeout(timer);
  };
};
