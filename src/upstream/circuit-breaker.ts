/** Circuit breaker of cockatiel that counts only failures of the upstream itself. No call waits for a trial call. */
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  DelegateBackoff,
  handleWhen,
  SamplingBreaker,
  type CircuitBreakerPolicy,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import type { BreakerState } from '../observability/instruments.ts';
import { GatewayError, isOutage } from './errors.ts';

/** Length of the sampling window in ms, and the minimum number of calls per second. */
export const SAMPLING = { duration: 10_000, minimumRps: 5 };
export const HALF_OPEN_AFTER_MS = 1000;
/** A breaker stays open until the next call, which may never come. */
const LATELY_MS = 10_000;

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

/** The breaker opens when the share of failed calls exceeds `threshold`. */
export function createCircuitBreaker(threshold: number) {
  let openedAt = 0;
  let pauseMs = 0;
  const policy: CircuitBreakerPolicy = circuitBreaker(handleWhen(countsAsFailure), {
    breaker: new SamplingBreaker({ ...SAMPLING, threshold }),
    halfOpenAfter: new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ result }) => {
      // After a trial call without an answer the next call is the trial: a client that disconnects must not delay it.
      pauseMs = 'error' in result && isUnanswered(result.error) ? 0 : HALF_OPEN_AFTER_MS;
      return pauseMs;
    }),
  });
  policy.onBreak(() => {
    openedAt = Date.now();
  });

  // A trial call without an answer must not close a half-open breaker.
  function countsAsFailure(error: unknown): boolean {
    return isFault(error) || (isUnanswered(error) && policy.state === CircuitState.HalfOpen);
  }

  /** cockatiel measures the pause by the machine's clock. If that was set back, the pause could last for hours. */
  function closeIfClockWasSetBack(): void {
    if (policy.state === CircuitState.Open && Date.now() < openedAt) policy.isolate().dispose();
  }

  return {
    /** Makes the call, or rejects with BrokenCircuitError. During a trial call all other calls are refused. */
    through<T>(call: () => Promise<T>): Promise<T> {
      closeIfClockWasSetBack();
      // cockatiel would make other calls wait for the trial call, in slots that are needed elsewhere.
      if (policy.state === CircuitState.HalfOpen) return Promise.reject(new BrokenCircuitError());
      return policy.execute(call);
    },
    /** True while each call would be refused. */
    refuses(): boolean {
      closeIfClockWasSetBack();
      const isPaused = policy.state === CircuitState.Open && Date.now() < openedAt + pauseMs;
      return isPaused || policy.state === CircuitState.HalfOpen;
    },
    state(): BreakerState {
      if (policy.state === CircuitState.HalfOpen) return 'half_open';
      return policy.state === CircuitState.Closed ? 'closed' : 'open';
    },
    /** True during a trial call, and for ten seconds after each failure that opened the breaker. */
    hasOpenedLately: (): boolean =>
      policy.state === CircuitState.HalfOpen ||
      (policy.state === CircuitState.Open && Date.now() < openedAt + LATELY_MS),
    onStateChange: policy.onStateChange,
  };
}

/** True for a failure of the upstream itself, not of a key, id, rate or setting. */
export const isFault = (error: unknown): error is GatewayError =>
  isOutage(error) && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT');

/** True if the client disconnected or another breaker is open. */
const isUnanswered = (error: unknown): boolean => !(error instanceof GatewayError);
