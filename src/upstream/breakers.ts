/**
 * Circuit breakers: one for each endpoint of a workflow, and one for all calls. They count only failures of the
 * upstream.
 */
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  handleWhen,
  SamplingBreaker,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { LRUCache } from 'lru-cache';
import type { BreakerState } from '../observability/instruments.ts';
import { GatewayError, isOutage } from './errors.ts';
import type { Lane, Slot } from './fair-queue.ts';

/** Length of the sampling window in ms, and the minimum number of calls per second. */
const SAMPLING = { duration: 10_000, minimumRps: 5 };
export const HALF_OPEN_AFTER_MS = 1000;
/** A breaker stays open until the next call, which may never come. */
const LATELY_MS = 10_000;
/**
 * Shares of failed calls that open a breaker. All calls must fail for the second, so failing workflows don't block
 * others.
 */
const THRESHOLD = { compartment: 0.5, all: 1 - 1e-9 };
/** Maximum number of compartment breakers, of 3 KB each, and of owners with a failed call. */
const MAX_BREAKERS = 2000;
const MAX_FAILED_OWNERS = 1000;

/** A call that has its slot. */
type Begun = Pick<Lane, 'compartment'> & Pick<Slot, 'owner' | 'isTrial'>;

type Breaker = ReturnType<typeof createBreaker>;

function createBreaker(threshold: number) {
  let openedAt = 0;
  // A trial call without a response must not close a half-open breaker.
  const policy: CircuitBreakerPolicy = circuitBreaker(
    handleWhen((error) => isFault(error) || (isTrying() && !(error instanceof GatewayError))),
    { breaker: new SamplingBreaker({ ...SAMPLING, threshold }), halfOpenAfter: HALF_OPEN_AFTER_MS },
  );
  policy.onBreak(() => {
    openedAt = Date.now();
  });
  const isTrying = () => policy.state === CircuitState.HalfOpen;
  const openFor = (ms: number) => policy.state === CircuitState.Open && Date.now() < openedAt + ms;
  return {
    /** Makes the call, or rejects with BrokenCircuitError. */
    through<T>(call: () => Promise<T>): Promise<T> {
      // cockatiel would make other calls wait for the trial call, in slots that are needed elsewhere.
      return isTrying() ? Promise.reject(new BrokenCircuitError()) : policy.execute(call);
    },
    /** Whether every call would be rejected. */
    isOpen: (): boolean => isTrying() || openFor(HALF_OPEN_AFTER_MS),
    state: (): BreakerState => stateOf(policy),
    /** Whether a trial call is in progress, or a failure opened the breaker in the last ten seconds. */
    hasOpenedLately: (): boolean => isTrying() || openFor(LATELY_MS),
  };
}

export function stateOf({ state }: CircuitBreakerPolicy): BreakerState {
  if (state === CircuitState.HalfOpen) return 'half_open';
  return state === CircuitState.Closed ? 'closed' : 'open';
}

export function createBreakers(slots: number) {
  const all = createBreaker(THRESHOLD.all);
  /** A compartment gets a breaker only after a failure, so made-up ids that aren't found leave nothing behind. */
  const compartments = new LRUCache<string, Breaker>({ max: MAX_BREAKERS });
  const failedOwners = new LRUCache<string, true>({
    ...{ max: MAX_FAILED_OWNERS, ttl: SAMPLING.duration, ttlResolution: 0 },
  });
  let ownCalls = 0;

  /**
   * While the breaker is open, an owner without recent failures still calls, because another may cause all failures.
   */
  async function throughAll<T>({ owner, isTrial }: Begun, call: () => Promise<T>): Promise<T> {
    const isOwn = !isTrial && all.isOpen() && !failedOwners.has(owner) && ownCalls < slots / 2;
    if (isOwn) ownCalls += 1;
    try {
      return await (isOwn ? call() : all.through(call));
    } catch (error) {
      if (isFault(error)) failedOwners.set(owner, true);
      throw error;
    } finally {
      if (isOwn) ownCalls -= 1;
    }
  }

  return {
    /** Throws BrokenCircuitError if the compartment would reject the call, even if all slots are taken. */
    check({ compartment }: Pick<Lane, 'compartment'>): void {
      if (compartments.get(compartment)?.isOpen()) throw new BrokenCircuitError();
    },
    /** Makes the call, or rejects with BrokenCircuitError. */
    async through<T>(begun: Begun, call: () => Promise<T>): Promise<T> {
      const { compartment, isTrial } = begun;
      const breaker = compartments.get(compartment);
      if (breaker) return breaker.through(() => throughAll(begun, call));
      try {
        return await throughAll(begun, call);
      } catch (error) {
        if (isFault(error) && !isTrial) {
          const created = compartments.get(compartment) ?? createBreaker(THRESHOLD.compartment);
          compartments.set(compartment, created);
          await created.through(() => Promise.reject(error)).catch(() => undefined);
        }
        throw error;
      }
    },
    state: all.state,
    /** Number of compartment breakers that opened in the last ten seconds. */
    get openCount(): number {
      return [...compartments.values()].filter((breaker) => breaker.hasOpenedLately()).length;
    },
  };
}

/** Whether the upstream itself failed, rather than a key, id, rate or setting. */
const isFault = (error: unknown): error is GatewayError =>
  isOutage(error) && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT');
