/** Timers as a dependency, so that tests can use a manual clock. */

/** Calls `task` once, `ms` from now. Returns the function that cancels it. */
export type After = (ms: number, task: () => void) => () => void;

export const afterOnThisMachine: After = (ms, task) => {
  // Node may fire a timer up to a millisecond early by the machine's clock.
  const timer = setTimeout(task, ms + 1);
  return () => {
    clearTimeout(timer);
  };
};
