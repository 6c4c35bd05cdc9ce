/** Time as a dependency, so that tests can use a manual clock. */

export interface Clock {
  /**
   * Milliseconds since 1970, and never fewer than before: rights, lifetimes and pauses are counted by it. It agrees with the machine's
   * clock until that is set back, and goes on evenly then.
   */
  readonly now: () => number;
  /** A time of `now` by the machine's clock as it is set today: to be shown, or compared with times that others tell. */
  readonly wallOf: (ms: number) => number;
}

/** `elapsed`: milliseconds since any moment. It may stand still while the machine sleeps. */
export function createClock(wall = () => Date.now(), elapsed = () => performance.now()): Clock {
  let startMs = -Infinity;
  let latestMs = -Infinity;
  let aheadMs = 0;
  return {
    now() {
      const [wallMs, elapsedMs] = [wall(), elapsed()];
      startMs = Math.max(startMs, wallMs - elapsedMs);
      latestMs = Math.max(latestMs, wallMs, Math.floor(startMs + elapsedMs));
      // Both are whole milliseconds, so their difference swings by one.
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
