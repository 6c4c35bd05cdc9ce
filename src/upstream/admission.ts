/**
 * Admission of upstream calls. A call waits for its slot, then passes the circuit breaker of its compartment and the
 * one of all calls. A call of a key that is not accepted yet first waits in a small queue of such keys.
 */
import { BrokenCircuitError } from 'cockatiel';
import { LRUCache } from 'lru-cache';
import type { UpstreamState } from '../observability/metrics.ts';
import { createCircuitBreaker, HALF_OPEN_AFTER_MS, isFault, SAMPLING } from './circuit-breaker.ts';
import { createCompartments } from './compartments.ts';
import { createFairQueue } from './fair-queue.ts';
import { createUnacceptedKeys, type Lane } from './unaccepted-keys.ts';

/** Maximum number of calls that wait for a slot. */
const MAX_WAITING = { all: 1000, viewer: 750, compartment: 500 };
/** Share of the slots that all unaccepted keys have together. */
const UNACCEPTED_SHARE = 1 / 4;
/** The breaker opens only if all calls failed, so that many failing workflows do not block the others. */
const THRESHOLD = 1 - 1e-9;
const MAX_FAILED_VIEWERS = 1000;

export function createAdmission(concurrency: number) {
  const queue = createFairQueue({ slots: concurrency, maxWaiting: MAX_WAITING });
  const unaccepted = createUnacceptedKeys(Math.ceil(concurrency * UNACCEPTED_SHARE));
  const compartments = createCompartments();
  const breaker = createCircuitBreaker(THRESHOLD);
  const trials = createOutageTrials(Math.ceil(concurrency / 2));

  /** While the breaker is open, a viewer without recent failures gets trial calls: others may cause all failures. */
  async function throughAll<T>(viewerId: string, call: () => Promise<T>): Promise<T> {
    try {
      return await breaker.through(call);
    } catch (error) {
      if (isFault(error)) trials.failed(viewerId);
      if (!(error instanceof BrokenCircuitError) || !trials.mayTry(viewerId)) throw error;
    }
    return trials.run(viewerId, call);
  }

  async function inSlot<T>(
    lane: Lane,
    attempt: (isTrial: boolean) => Promise<T>,
    signal: AbortSignal,
    isTrial: boolean,
  ) {
    const { viewerId, compartment } = lane;
    const call = () => attempt(isTrial);
    // An open compartment refuses at once, even if all slots are taken.
    compartments.check(compartment);
    await queue.enter(lane, signal);
    try {
      return await compartments.through(compartment, !isTrial, () =>
        isTrial ? breaker.through(call) : throughAll(viewerId, call),
      );
    } finally {
      queue.leave(lane);
    }
  }

  return {
    /** Calls `attempt` when a slot is free. `isTrial`: true if the key is not accepted yet. */
    async admit<T>(lane: Lane, attempt: (isTrial: boolean) => Promise<T>, signal: AbortSignal): Promise<T> {
      if (!lane.isAccepted()) {
        const tried = await unaccepted.attempt(lane, () => inSlot(lane, attempt, signal, true), signal);
        if (tried) return tried.answer;
      }
      return inSlot(lane, attempt, signal, false);
    },
    state: (): UpstreamState => ({
      breaker: breaker.state(),
      openWorkflowBreakers: compartments.openCount,
      callsInUse: queue.underWay,
      callsQueued: queue.waiting,
    }),
    /** True while calls wait for a slot. */
    hasQueue: () => queue.waiting > 0,
  };
}

/** Trial calls while the breaker of all calls is open. They leave slots free, so that refused calls end at once. */
function createOutageTrials(maxTrials: number) {
  /** Time of the viewer's latest failure. */
  const failedAt = new LRUCache<string, number>({ max: MAX_FAILED_VIEWERS });
  /** Times of failed trials in the last second. Each counts as a trial for that time. */
  const failures: number[] = [];
  let underWay = 0;

  function failed(viewerId: string): void {
    failedAt.set(viewerId, performance.now());
  }

  return {
    failed,
    mayTry(viewerId: string): boolean {
      const now = performance.now();
      while ((failures[0] ?? Infinity) < now - HALF_OPEN_AFTER_MS) failures.shift();
      const hasFailed = now - (failedAt.get(viewerId) ?? -Infinity) < SAMPLING.duration;
      return !hasFailed && underWay + failures.length < maxTrials;
    },
    async run<T>(viewerId: string, call: () => Promise<T>): Promise<T> {
      underWay += 1;
      try {
        return await call();
      } catch (error) {
        if (isFault(error)) {
          failed(viewerId);
          failures.push(performance.now());
        }
        throw error;
      } finally {
        underWay -= 1;
      }
    },
  };
}
