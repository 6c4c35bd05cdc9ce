/** Resilience of upstream calls: retry → admission → timeout. The timeout is that of each attempt. */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  decorrelatedJitterGenerator,
  DelegateBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import { createAdmission, HALF_OPEN_AFTER_MS, type Admission, type Lane } from './admission.ts';
import { AbandonedError, GatewayError, isOutage } from './errors.ts';

export interface ResilienceOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** One attempt. The signal fires when its time is up, or when nobody waits any more. `isTrial`: the key is not accepted yet. */
export type Attempt<T> = (signal: AbortSignal, isTrial: boolean) => Promise<T>;

export interface Resilience extends Pick<Admission, 'state' | 'hasQueue'> {
  /** For calls that may be repeated: at most two more attempts, begun before the call's deadline. */
  repeatable<T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  /** For calls that must not be sent twice. */
  once<T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
}

const MAX_RETRIES = 2;
const JITTER = { initialDelay: 100, maxDelay: 2000, exponent: 2, generator: decorrelatedJitterGenerator };

export function createResilience({ timeoutMs, concurrency }: ResilienceOptions): Resilience {
  const { admit, state, hasQueue } = createAdmission(concurrency);

  async function run<T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal, maxRetries: number): Promise<T> {
    let startedAt: number | null = null;
    let lastError: unknown;
    const remainingMs = () => timeoutMs - (performance.now() - (startedAt ?? performance.now()));
    const attemptInTime = async (isTrial: boolean) => {
      // A retry that has waited for its slot until its deadline is over.
      if (remainingMs() < 0) throw TOO_LATE;
      startedAt ??= performance.now();
      try {
        return await within(timeoutMs, (inTime) => attempt(inTime, isTrial), signal);
      } catch (error) {
        lastError = error;
        throw error;
      }
    };
    try {
      return await retryWithin(remainingMs, maxRetries).execute(() => admit(lane, attemptInTime, signal), signal);
    } catch (error) {
      throw signal.aborted ? new AbandonedError() : explain(error === TOO_LATE ? lastError : error);
    }
  }

  return {
    repeatable: (lane, attempt, signal) => run(lane, attempt, signal, MAX_RETRIES),
    once: (lane, attempt, signal) => run(lane, attempt, signal, 0),
    state,
    hasQueue,
  };
}

/**
 * Aborts the attempt when its time is up or nobody waits; the attempt itself reports which. cockatiel's `timeout` aborts
 * after every attempt, also a successful one, and creates an error with a stack each time.
 */
async function within<T>(
  timeoutMs: number,
  attempt: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
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

/** Says nothing of the upstream: no breaker counts it. */
const TOO_LATE = new Error('the deadline of the call is over');
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
