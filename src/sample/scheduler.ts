/** The engine's clock: real timers for started runs, a virtual clock for the history and for tests. */

export interface Scheduler {
  /** Milliseconds since 1970; a virtual clock has fractions. */
  now(): number;
  /** Calls `task` once after `ms`. Returns a function that cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** The machine's clock and timers. */
export function createTimerScheduler(): Scheduler {
  let latest = 0;
  return {
    // If the machine's clock is set back, it stands still here, so no step ends before it starts.
    now: () => (latest = Math.max(latest, Date.now())),
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

export interface VirtualScheduler extends Scheduler {
  /** Advances the clock by `ms`, and runs each due task at its own time. */
  advance(ms: number): void;
  /** Runs until no task is left. */
  runToEnd(): void;
}

/** A clock that moves only with `advance` and `runToEnd`. */
export function createVirtualScheduler(startMs: number): VirtualScheduler {
  let now = startMs;
  const tasks = new Set<{ readonly dueMs: number; readonly task: () => void }>();

  /** Simultaneous tasks run in the order of scheduling: a Set keeps the order of insertion. */
  const runNext = (untilMs: number): boolean => {
    let next: { dueMs: number; task: () => void } | undefined;
    for (const candidate of tasks) if (!next || candidate.dueMs < next.dueMs) next = candidate;
    if (!next || next.dueMs > untilMs) return false;
    tasks.delete(next);
    now = next.dueMs;
    next.task();
    return true;
  };

  return {
    now: () => now,
    after: (ms, task) => {
      const entry = { dueMs: now + Math.max(0, ms), task };
      tasks.add(entry);
      return () => {
        tasks.delete(entry);
      };
    },
    advance: (ms) => {
      const targetMs = now + ms;
      while (runNext(targetMs));
      now = targetMs;
    },
    runToEnd: () => {
      while (runNext(Infinity));
    },
  };
}
