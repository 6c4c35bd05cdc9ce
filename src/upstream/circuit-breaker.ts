/** A circuit breaker of cockatiel that counts only failures of the upstream itself, and whose trial calls nobody waits for. */
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

/** Calls of ten seconds, five a second or more. */
export const SAMPLING = { duration: 10_000, minimumRps: 5 };
export const HALF_OPEN_AFTER_MS = 1000;
/** A breaker stays as it is while nobody calls. The state reports it as open for so long. */
const REPORTED_MS = 10_000;

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

/** The breaker opens when a larger part of the calls than `threshold` failed. */
export function createCircuitBreaker(threshold: number) {
  let openedAt = 0;
  let pauseMs = 0;
  const policy: CircuitBreakerPolicy = circuitBreaker(handleWhen(countsAsFailure), {
    breaker: new SamplingBreaker({ ...SAMPLING, threshold }),
    halfOpenAfter: new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ result }) => {
      // After a trial call without an answer the next call is the trial: clients that leave must not keep others from it.
      pauseMs = 'error' in result && isUnanswered(result.error) ? 0 : HALF_OPEN_AFTER_MS;
      return pauseMs;
    }),
  });
  policy.onBreak(() => {
    openedAt = Date.now();
  });

  // A trial call that the upstream has not answered must not close a half-open breaker.
  function countsAsFailure(error: unknown): boolean {
    return isFault(error) || (isUnanswered(error) && policy.state === CircuitState.HalfOpen);
  }

  /** cockatiel measures the pause by the machine's clock: where it was set back, the pause could last for hours. */
  function closeIfClockWasSetBack(): void {
    if (policy.state === CircuitState.Open && Date.now() < openedAt) policy.isolate().dispose();
  }

  return {
    /** Makes the call, or rejects with BrokenCircuitError. While a trial call is under way, others are refused. */
    through<T>(call: () => Promise<T>): Promise<T> {
      closeIfClockWasSetBack();
      // cockatiel lets other calls wait for the trial call, with slots that are needed elsewhere.
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
      if (policy.state === CircuitState.Closed) return 'closed';
      // A trial call that hangs does not mean that the upstream has recovered.
      return policy.state === CircuitState.HalfOpen || Date.now() < openedAt + REPORTED_MS ? 'open' : 'half_open';
    },
    onStateChange: policy.onStateChange,
  };
}

/** A failure of the upstream itself, not of one caller's key, id or rate, nor of a setting: the message of that one must stay. */
export const isFault = (error: unknown): error is GatewayError =>
  isOutage(error) && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT');

/** The client left, or another breaker is open. */
const isUnanswered = (error: unknown): boolean => !(error instanceof GatewayError);
