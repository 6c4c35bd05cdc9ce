/** Resilience of upstream calls: retry → admission → one attempt, which bounds its own time. */
import { BrokenCircuitError, decorrelatedJitterGenerator, DelegateBackoff, handleType, retry } from 'cockatiel';
import { createAdmission } from './admission.ts';
import { HALF_OPEN_AFTER_MS } from './circuit-breaker.ts';
import { AbandonedError, GatewayError, isOutage } from './errors.ts';
import type { Lane } from './unaccepted-keys.ts';

export interface ResilienceOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** `isTrial`: true if the key is not accepted yet. */
export type Attempt<T> = (isTrial: boolean) => Promise<T>;

export type Resilience = ReturnType<typeof createResilience>;

export function createResilience({ timeoutMs, concurrency }: ResilienceOptions) {
  const admission = createAdmission(concurrency);

  async function withRetries<T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal): Promise<T> {
    let deadline = Infinity;
    let lastError: unknown;
    const attemptInTime = (isTrial: boolean) => {
      if (performance.now() > deadline) throw TOO_LATE;
      deadline = Math.min(deadline, performance.now() + timeoutMs);
      return attempt(isTrial);
    };
    const admitOnce = async () => {
      try {
        return await admission.admit(lane, attemptInTime, signal);
      } catch (error) {
        // The retry waited for its slot until the deadline had passed.
        if (error === TOO_LATE) throw lastError;
        lastError = error;
        const leftMs = deadline - performance.now();
        throw isTransient(error) && retryAfterMs(error) < leftMs ? new WorthRetry(error, leftMs) : error;
      }
    };
    try {
      return await RETRY.execute(admitOnce, signal);
    } catch (error) {
      throw error instanceof WorthRetry ? error.cause : error;
    }
  }

  return {
    /** For calls that may be repeated: at most two more attempts, begun within `timeoutMs` after the first one. */
    repeatable: <T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal): Promise<T> =>
      explained(withRetries(lane, attempt, signal), signal),
    /** For calls that must not be sent twice. */
    once: <T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal): Promise<T> =>
      explained(admission.admit(lane, attempt, signal), signal),
    state: admission.state,
    hasQueue: admission.hasQueue,
  };
}

/** Error of an attempt after which another one may succeed. */
class WorthRetry extends Error {
  override readonly cause: GatewayError;
  /** Time until the deadline of the call. */
  readonly leftMs: number;

  constructor(cause: GatewayError, leftMs: number) {
    super(cause.message);
    this.cause = cause;
    this.leftMs = leftMs;
  }
}

/** Not a failure of the upstream, so no circuit breaker counts it. */
const TOO_LATE = new Error('deadline of the call exceeded');

const JITTER = { initialDelay: 100, maxDelay: 2000, exponent: 2, generator: decorrelatedJitterGenerator };

const RETRY = retry(handleType(WorthRetry), {
  maxAttempts: 2,
  backoff: new DelegateBackoff<{ result: unknown }, [number, number]>(({ result }, state) => {
    const { cause, leftMs } = (result as { readonly error: WorthRetry }).error;
    const [jitterMs, next] = decorrelatedJitterGenerator(state, JITTER);
    return { delay: Math.max(Math.min(jitterMs, leftMs), retryAfterMs(cause)), state: next };
  }),
});

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** True if no answer came, or if its status means that a retry may succeed. */
function isTransient(error: unknown): error is GatewayError {
  if (!isOutage(error)) return false;
  const { upstreamStatus } = error.details;
  return upstreamStatus === undefined ? error.code === 'UPSTREAM_UNAVAILABLE' : TRANSIENT_STATUSES.has(upstreamStatus);
}

const retryAfterMs = ({ details }: GatewayError): number => (details.retryAfterSeconds ?? 0) * 1000;

async function explained<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (signal.aborted) throw new AbandonedError();
    if (!(error instanceof BrokenCircuitError)) throw error;
    const retryAfterSeconds = Math.ceil(HALF_OPEN_AFTER_MS / 1000);
    const message = `circuit breaker open, since upstream calls keep failing; try again in ${retryAfterSeconds} s`;
    throw new GatewayError('UPSTREAM_UNAVAILABLE', message, { retryAfterSeconds, wasNotSent: true });
  }
}
