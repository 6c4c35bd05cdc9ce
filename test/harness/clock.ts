/** A clock that moves only when a test advances it, and its timers. */
import type { After, Clock } from '../../src/runtime/clock.ts';

export interface ManualClock extends Clock {
  readonly after: After;
  /** Advances the clock, and runs each due timer at its own time. */
  advance(ms: number): void;
  /** In how many milliseconds each timer is due, earliest first. */
  readonly pending: readonly number[];
  /** Resolves when exactly this number of timers is set, and rejects after a while. */
  timers(count: number): Promise<void>;
}

/** Less than the timeout of a test, whose error would say nothing. */
const MAX_WAIT_MS = 15_000;

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

export function createManualClock(startMs = Date.parse('2026-11-24T12:00:00Z')): ManualClock {
  let time = startMs;
  const timers = new Set<Timer>();
  const waiting = new Set<{ readonly count: number; readonly resolve: (nothing: undefined) => void }>();
  const inOrder = () => [...timers].sort((one, another) => one.dueMs - another.dueMs);

  function tellWaiting(): void {
    for (const waiter of waiting) {
      if (timers.size !== waiter.count) continue;
      waiting.delete(waiter);
      waiter.resolve(undefined);
    }
  }

  return {
    now: () => time,
    wallOf: (ms) => ms,
    after(ms, task) {
      const timer = { dueMs: time + Math.max(0, ms), task };
      timers.add(timer);
      tellWaiting();
      return () => {
        timers.delete(timer);
        tellWaiting();
      };
    },
    advance(ms) {
      const targetMs = time + ms;
      for (let [next] = inOrder(); next && next.dueMs <= targetMs; [next] = inOrder()) {
        timers.delete(next);
        time = next.dueMs;
        next.task();
      }
      time = targetMs;
    },
    get pending() {
      return inOrder().map(({ dueMs }) => dueMs - time);
    },
    timers(count) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const late = setTimeout(() => {
        reject(new Error(`expected ${count} timers of the manual clock, got ${timers.size}: a finished run has none`));
      }, MAX_WAIT_MS).unref();
      waiting.add({ count, resolve });
      tellWaiting();
      return promise.finally(() => {
        clearTimeout(late);
      });
    },
  };
}

/** The machine's clock, which Valkey also uses, but ahead of it by what a test has skipped. */
export interface SkippingClock {
  readonly now: () => number;
  readonly skip: (ms: number) => void;
}

export function createSkippingClock(): SkippingClock {
  let skippedMs = 0;
  return {
    now: () => Date.now() + skippedMs,
    skip: (ms) => void (skippedMs += ms),
  };
}
