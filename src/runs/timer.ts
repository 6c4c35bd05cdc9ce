/** Timers as a part, so that a test can put its own clock in their place. */

/** Calls `task` once, `ms` from now; the answer calls it off. */
export type After = (ms: number, task: () => void) => () => void;

export const afterOnThisMachine: After = (ms, task) => {
  // A timer may ring up to a millisecond before the machine's clock says so.
  const timer = setTimeout(task, ms + 1);
  return () => {
    clearTimeout(timer);
  };
};
