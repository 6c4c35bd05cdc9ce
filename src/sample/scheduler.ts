/** Time as the engine sees it: real timers for started runs, a virtual clock for the history and for tests. */

export interface Scheduler {
  /** Milliseconds since 1970; a virtual clock has fractions. */
  now(): number;
  /** Calls `task` once, `ms` from now; the answer calls it off. */
  after(ms: number, task: () => void): () => void;
}

/** The machine's clock and timers. */
export function createTimerScheduler(): Scheduler {
  let latest = 0;
  return {
    // A machine's clock may be set back while a step runs: then it stands still here, so that no step ends before it starts.
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
  /** Moves the clock on by `ms`, running what falls due on the way, each task at its own moment. */
  advance(ms: number): void;
  /** Runs until nothing is left to do. */
  runToEnd(): void;
}

/** A clock that moves only when it is told to. */
export function createVirtualScheduler(startMs: number): VirtualScheduler {
  let now = startMs;
  const tasks = new Set<{ readonly dueMs: number; readonly task: () => void }>();

  /** Among equals the earliest scheduled goes first: a Set keeps the order of insertion. */
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
