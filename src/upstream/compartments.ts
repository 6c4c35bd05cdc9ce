/**
 * Circuit breakers of the upstream's compartments. A compartment has a breaker only after a failure, so made-up ids
 * that are not found leave nothing behind. Open breakers are cached separately: only other open ones can evict them.
 */
import { BrokenCircuitError } from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { createCircuitBreaker, isFault, SAMPLING, type CircuitBreaker } from './circuit-breaker.ts';
import type { GatewayError } from './errors.ts';

/** Share of failed calls that opens a breaker. */
const THRESHOLD = 0.5;
/** Maximum number of breakers, of 3 KB each. */
const MAX_BREAKERS = 1000;

export function createCompartments() {
  /** Closed breakers of compartments with a failure in the sampling window. */
  const failing = new LRUCache<string, CircuitBreaker>({ max: MAX_BREAKERS, ttl: SAMPLING.duration, ttlResolution: 0 });
  const open = new LRUCache<string, CircuitBreaker>({ max: MAX_BREAKERS });

  const breakerOf = (compartment: string) => open.get(compartment) ?? failing.get(compartment);

  function createBreaker(compartment: string): CircuitBreaker {
    const breaker = createCircuitBreaker(THRESHOLD);
    breaker.onStateChange(() => {
      failing.delete(compartment);
      // A breaker that closes has no failures any more.
      if (breaker.state() === 'closed') open.delete(compartment);
      else open.set(compartment, breaker);
    });
    return breaker;
  }

  /** `used`: the breaker of the call, which has counted the failure. */
  async function failed(compartment: string, error: GatewayError, used: CircuitBreaker | undefined): Promise<void> {
    const breaker = used ?? breakerOf(compartment) ?? createBreaker(compartment);
    if (breaker.state() !== 'closed') return;
    failing.set(compartment, breaker);
    if (!used) await breaker.through(() => Promise.reject(error)).catch(() => undefined);
  }

  return {
    /**
     * Makes the call, or rejects with BrokenCircuitError. `isCounted`: a failure may create the compartment's breaker.
     */
    async through<T>(compartment: string, isCounted: boolean, call: () => Promise<T>): Promise<T> {
      const breaker = breakerOf(compartment);
      try {
        return await (breaker ? breaker.through(call) : call());
      } catch (error) {
        if (isFault(error) && (breaker || isCounted)) await failed(compartment, error, breaker);
        throw error;
      }
    },
    /** Throws BrokenCircuitError if the call would be refused. */
    check(compartment: string): void {
      if (breakerOf(compartment)?.refuses()) throw new BrokenCircuitError();
    },
    /** Number of breakers that opened in the last ten seconds. */
    get openCount(): number {
      return [...open.values()].filter((breaker) => breaker.hasOpenedLately()).length;
    },
  };
}
