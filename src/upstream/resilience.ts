/** Resilience of upstream calls: retry → bulkhead → circuit breaker → timeout. The timeout is that of each attempt. */
import { setMaxListeners } from 'node:events';
import {
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitBreakerPolicy,
  CircuitState,
  BrokenCircuitError,
  DelegateBackoff,
  decorrelatedJitterGenerator,
  handleWhen,
  retry,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import type { UpstreamState } from '../observability/metrics.ts';
import { AbandonedError, GatewayError, isOutage } from './errors.ts';

export interface ResilienceOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** One attempt. The signal fires when its time is up, or when nobody waits any more. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

export interface Resilience {
  /** For calls that may be repeated: at most two more attempts, begun before the call's deadline. */
  repeatable<T>(attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  /** For calls that must not be sent twice. */
  once<T>(attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  readonly state: () => UpstreamState;
}

const MAX_RETRIES = 2;
const JITTER = { initialDelay: 100, maxDelay: 2000, exponent: 2, generator: decorrelatedJitterGenerator };
/** Calls that may wait for one of the `concurrency` slots; one more is rejected with UPSTREAM_OVERLOADED. */
const QUEUE_LENGTH = 1000;
/** The breaker opens when half of the calls in ten seconds failed, at five a second or more. */
const BREAKER = { threshold: 0.5, duration: 10_000, minimumRps: 5 };
const HALF_OPEN_AFTER_MS = 1000;
const BREAKER_STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
} as const;

export function createResilience({ timeoutMs, concurrency }: ResilienceOptions): Resilience {
  const slots = bulkhead(concurrency, QUEUE_LENGTH);
  const breaker: CircuitBreakerPolicy = circuitBreaker(handleWhen(countsAsFailure), {
    breaker: new SamplingBreaker(BREAKER),
    halfOpenAfter: HALF_OPEN_AFTER_MS,
  });
  // An abandoned trial call of a half-open breaker is no success, so it must not close the breaker.
  function countsAsFailure(error: unknown): boolean {
    return isFault(error) || (error instanceof AbandonedError && breaker.state === CircuitState.HalfOpen);
  }
  async function run<T>(attempt: Attempt<T>, signal: AbortSignal, maxRetries: number): Promise<T> {
    let startedAt: number | null = null;
    const remainingMs = () => timeoutMs - (performance.now() - (startedAt ?? performance.now()));
    try {
      return await wrap(retryWithin(remainingMs, maxRetries), slots, breaker).execute(() => {
        startedAt ??= performance.now();
        return within(timeoutMs, attempt, signal);
      }, signal);
    } catch (error) {
      throw signal.aborted ? new AbandonedError() : explain(error);
    }
  }

  return {
    repeatable: (attempt, signal) => run(attempt, signal, MAX_RETRIES),
    once: (attempt, signal) => run(attempt, signal, 0),
    state: () => ({
      breaker: BREAKER_STATES[breaker.state],
      callsInUse: concurrency - slots.executionSlots,
      callsQueued: QUEUE_LENGTH - slots.queueSlots,
    }),
  };
}

/**
 * Aborts the attempt when its time is up or nobody waits; the attempt itself reports which. cockatiel's `timeout` aborts
 * after every attempt, also a successful one, and creates an error with a stack each time.
 */
async function within<T>(timeoutMs: number, attempt: Attempt<T>, signal: AbortSignal): Promise<T> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const abort = () => {
    controller.abort(END_OF_ATTEMPT);
  };
  const timer = setTimeout(abort, timeoutMs);
  signal.addEventListener('abort', abort);
  try {
    return await attempt(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

const END_OF_ATTEMPT = new Error('the attempt has no more time, or nobody waits for it');

function retryWithin(remainingMs: () => number, maxAttempts: number) {
  return retry(
    handleWhen((error) => isTransient(error) && retryAfterMs(error) < remainingMs()),
    {
      maxAttempts,
      backoff: new DelegateBackoff<{ result: unknown }, [number, number]>(({ result }, state) => {
        const [jitterMs, next] = decorrelatedJitterGenerator(state, JITTER);
        const error = (result as { error?: unknown }).error;
        return { delay: Math.max(Math.min(jitterMs, remainingMs()), retryAfterMs(error)), state: next };
      }),
    },
  );
}

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Worth a retry: no answer came, or one of the statuses that say "not now". */
function isTransient(error: unknown): boolean {
  if (!isOutage(error)) return false;
  const { upstreamStatus } = error.details;
  return upstreamStatus === undefined ? error.code === 'UPSTREAM_UNAVAILABLE' : TRANSIENT_STATUSES.has(upstreamStatus);
}

/** A failure of the upstream itself, not of one caller's key, id or rate, nor of a setting: that one's message must stay. */
const isFault = (error: unknown): boolean =>
  isOutage(error) && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT');

const retryAfterMs = (error: unknown): number =>
  error instanceof GatewayError ? (error.details.retryAfterSeconds ?? 0) * 1000 : 0;

function explain(error: unknown): unknown {
  if (error instanceof BrokenCircuitError) {
    return new GatewayError('UPSTREAM_UNAVAILABLE', 'the upstream has been failing and is given a pause; try again', {
      retryAfterSeconds: Math.ceil(HALF_OPEN_AFTER_MS / 1000),
      wasNotSent: true,
    });
  }
  if (error instanceof BulkheadRejectedError) {
    return new GatewayError('UPSTREAM_OVERLOADED', 'too many calls wait for the upstream already; try again', {
      wasNotSent: true,
    });
  }
  return error;
}
