/**
 * Resilience of upstream calls: retry → bulkhead → circuit breaker → timeout, the bulkhead and the breaker once for the compartment of a
 * call and once for all calls. The timeout is that of each attempt.
 */
import { setMaxListeners } from 'node:events';
import {
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
  CircuitState,
  BrokenCircuitError,
  DelegateBackoff,
  decorrelatedJitterGenerator,
  handleWhen,
  retry,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import { LRUCache } from 'lru-cache';
import type { UpstreamState } from '../observability/metrics.ts';
import { AbandonedError, GatewayError, isOutage } from './errors.ts';

export interface ResilienceOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** One attempt. The signal fires when its time is up, or when nobody waits any more. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

/** `compartment`: the part of the upstream that a call goes to. Where it is slow or fails, calls to others go on. */
export interface Resilience {
  /** For calls that may be repeated: at most two more attempts, begun before the call's deadline. */
  repeatable<T>(compartment: string, attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  /** For calls that must not be sent twice. */
  once<T>(compartment: string, attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  readonly state: () => UpstreamState;
  /** True while calls wait for a slot. */
  readonly hasQueue: () => boolean;
}

const MAX_RETRIES = 2;
const JITTER = { initialDelay: 100, maxDelay: 2000, exponent: 2, generator: decorrelatedJitterGenerator };
/** Calls that may wait for one of the `concurrency` slots; one more is rejected with UPSTREAM_OVERLOADED. */
const QUEUE_LENGTH = 1000;
const COMPARTMENT_QUEUE_LENGTH = QUEUE_LENGTH / 2;
/** A breaker opens when more of the calls in ten seconds failed than this, at five a second or more. */
const COMPARTMENT_THRESHOLD = 0.5;
/** Other compartments still answer below that. */
const THRESHOLD = 0.9;
const SAMPLING = { duration: 10_000, minimumRps: 5 };
const HALF_OPEN_AFTER_MS = 1000;
/** Each takes 3.3 KB and its name. One that is forgotten begins anew. */
const MAX_COMPARTMENTS = 1000;
const BREAKER_STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
} as const;

/** A breaker stays as it is while nobody calls: the state tells of those that have opened within this time. */
const TOLD_MS = 10_000;

interface Compartment {
  /** As many as there are at all: those that wait here let calls of other compartments go before them. */
  readonly slots: BulkheadPolicy;
  readonly breaker: CircuitBreakerPolicy;
  /** Milliseconds since 1970. */
  openedAt: number;
}

export function createResilience({ timeoutMs, concurrency }: ResilienceOptions): Resilience {
  const slots = bulkhead(concurrency, Infinity);
  const breaker = createBreaker(THRESHOLD);
  const compartments = new LRUCache<string, Compartment>({ max: MAX_COMPARTMENTS });
  let waiting = 0;

  function compartmentOf(name: string): Compartment {
    const known = compartments.get(name);
    if (known) return known;
    const compartment = {
      slots: bulkhead(concurrency, COMPARTMENT_QUEUE_LENGTH),
      breaker: createBreaker(COMPARTMENT_THRESHOLD),
      openedAt: 0,
    };
    compartment.breaker.onBreak(() => {
      compartment.openedAt = Date.now();
    });
    compartments.set(name, compartment);
    return compartment;
  }

  /** Calls `attempt` when there is a slot for it. */
  async function admit<T>(compartment: Compartment, attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (waiting >= QUEUE_LENGTH) throw new BulkheadRejectedError(concurrency, QUEUE_LENGTH);
    let isWaiting = true;
    const leave = () => {
      if (isWaiting) waiting -= 1;
      isWaiting = false;
    };
    waiting += 1;
    try {
      return await wrap(compartment.slots, compartment.breaker, slots, breaker).execute(() => {
        leave();
        return attempt();
      }, signal);
    } finally {
      leave();
    }
  }

  async function run<T>(name: string, attempt: Attempt<T>, signal: AbortSignal, maxRetries: number): Promise<T> {
    const compartment = compartmentOf(name);
    let startedAt: number | null = null;
    const remainingMs = () => timeoutMs - (performance.now() - (startedAt ?? performance.now()));
    const attemptInTime = () => {
      startedAt ??= performance.now();
      return within(timeoutMs, attempt, signal);
    };
    try {
      return await retryWithin(remainingMs, maxRetries).execute(
        () => admit(compartment, attemptInTime, signal),
        signal,
      );
    } catch (error) {
      throw signal.aborted ? new AbandonedError() : explain(error);
    }
  }

  const isOpen = (compartment: Compartment): boolean =>
    compartment.breaker.state !== CircuitState.Closed && Date.now() - compartment.openedAt < TOLD_MS;

  return {
    repeatable: (compartment, attempt, signal) => run(compartment, attempt, signal, MAX_RETRIES),
    once: (compartment, attempt, signal) => run(compartment, attempt, signal, 0),
    state: () => ({
      breaker: BREAKER_STATES[breaker.state],
      openCompartments: [...compartments.values()].filter(isOpen).length,
      callsInUse: concurrency - slots.executionSlots,
      callsQueued: waiting,
    }),
    hasQueue: () => waiting > 0,
  };
}

function createBreaker(threshold: number): CircuitBreakerPolicy {
  const breaker: CircuitBreakerPolicy = circuitBreaker(handleWhen(countsAsFailure), {
    breaker: new SamplingBreaker({ ...SAMPLING, threshold }),
    halfOpenAfter: HALF_OPEN_AFTER_MS,
  });
  // A trial call that the upstream has not answered (its client left, or another breaker is open) must not close a half-open one.
  function countsAsFailure(error: unknown): boolean {
    return isFault(error) || (!(error instanceof GatewayError) && breaker.state === CircuitState.HalfOpen);
  }
  return breaker;
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
