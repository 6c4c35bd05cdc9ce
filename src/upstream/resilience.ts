/** Resilience of upstream calls: retry → slot in the fair queue → circuit breakers → one attempt with a timeout. */
import { BrokenCircuitError, decorrelatedJitterGenerator } from 'cockatiel';
import type { UpstreamState } from '../observability/metrics.ts';
import type { Rejections } from './api.ts';
import { createBreakers, HALF_OPEN_AFTER_MS } from './breakers.ts';
import { AbandonedError, GatewayError, isOutage, isUnauthenticated } from './errors.ts';
import { createFairQueue, type Lane } from './fair-queue.ts';

interface ResilienceOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
}

export interface Call extends Lane {
  readonly rejections?: Rejections | undefined;
}

/** `isTrial` is true if the key isn't accepted yet. */
export type Attempt<T> = (isTrial: boolean) => Promise<T>;

export type Resilience = ReturnType<typeof createResilience>;

const MAX_RETRIES = 2;
const JITTER = { initialDelay: 100, maxDelay: 2000, exponent: 2, generator: decorrelatedJitterGenerator };

export function createResilience({ timeoutMs, concurrency }: ResilienceOptions) {
  const queue = createFairQueue(concurrency);
  const breakers = createBreakers(concurrency);

  async function attemptOnce<T>(call: Call, attempt: Attempt<T>, signal: AbortSignal): Promise<T> {
    breakers.check(call);
    const { isTrial, owner, leave } = await queue.enter(call, signal);
    let hasSucceeded = false;
    try {
      // Another call of the operation was rejected while this one was waiting.
      if (isTrial && call.rejections?.rejection) throw call.rejections.rejection;
      const answer = await breakers.through({ ...call, owner, isTrial }, () => attempt(isTrial));
      hasSucceeded = true;
      return answer;
    } catch (error) {
      if (isTrial && isUnauthenticated(error)) call.rejections?.reject(error);
      throw error;
    } finally {
      leave(hasSucceeded);
    }
  }

  async function withRetries<T>(call: Call, attempt: Attempt<T>, signal: AbortSignal): Promise<T> {
    let deadline = Infinity;
    let lastError: unknown;
    let jitter: Parameters<typeof decorrelatedJitterGenerator>[0];
    const attemptInTime = (isTrial: boolean) => {
      if (performance.now() > deadline) throw TOO_LATE;
      deadline = Math.min(deadline, performance.now() + timeoutMs);
      return attempt(isTrial);
    };
    for (let retries = 0; ; retries += 1) {
      try {
        return await attemptOnce(call, attemptInTime, signal);
      } catch (error) {
        // The retry waited for its slot until after the deadline.
        if (error === TOO_LATE) throw lastError;
        const leftMs = deadline - performance.now();
        if (retries === MAX_RETRIES || !isTransient(error) || retryAfterMs(error) >= leftMs) throw error;
        lastError = error;
        const [jitterMs, next] = decorrelatedJitterGenerator(jitter, JITTER);
        jitter = next;
        await pause(Math.max(Math.min(jitterMs, leftMs), retryAfterMs(error)), signal);
      }
    }
  }

  return {
    /** For calls that may be repeated: up to two more attempts, begun within `timeoutMs` after the first one. */
    repeatable: <T>(call: Call, attempt: Attempt<T>, signal: AbortSignal): Promise<T> =>
      explained(withRetries(call, attempt, signal), signal),
    /** For calls that must not be sent twice. */
    once: <T>(call: Call, attempt: Attempt<T>, signal: AbortSignal): Promise<T> =>
      explained(attemptOnce(call, attempt, signal), signal),
    state: (): UpstreamState => ({
      breaker: breakers.state(),
      openWorkflowBreakers: breakers.openCount,
      callsInUse: queue.underWay,
      callsQueued: queue.waiting,
    }),
    /** Whether calls are waiting for a slot. */
    hasQueue: () => queue.waiting > 0,
  };
}

/** Not a failure of the upstream, so circuit breakers don't count it. */
const TOO_LATE = new Error('deadline of the call exceeded');

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Whether there was no response, or its status means that a retry may succeed. */
function isTransient(error: unknown): error is GatewayError {
  if (!isOutage(error)) return false;
  const { upstreamStatus } = error.details;
  return upstreamStatus === undefined ? error.code === 'UPSTREAM_UNAVAILABLE' : TRANSIENT_STATUSES.has(upstreamStatus);
}

const retryAfterMs = ({ details }: GatewayError): number => (details.retryAfterSeconds ?? 0) * 1000;

/** Ends early at the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

async function explained<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (signal.aborted) throw new AbandonedError();
    if (!(error instanceof BrokenCircuitError)) throw error;
    const retryAfterSeconds = Math.ceil(HALF_OPEN_AFTER_MS / 1000);
    const message = `The circuit breaker is open because upstream calls keep failing. Try again in ${retryAfterSeconds} s.`;
    throw new GatewayError('UPSTREAM_UNAVAILABLE', message, { retryAfterSeconds, wasNotSent: true });
  }
}
