/**
 * Commands to Valkey, each with a timeout, behind a circuit breaker. The first failure opens it, so no request waits
 * twice; a probe closes it again. While it is open, nothing is sent or queued.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Redis } from 'ioredis';
import type { CommandOutcome, FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Logger } from '../observability/logger.ts';
import { stateOf } from '../upstream/breakers.ts';
import type { Complaints } from './complaints.ts';

export interface Valkey {
  /**
   * Resolves to the reply, or undefined if Valkey is down, slow or full. Never rejects. `command` is a metric label.
   */
  run<T>(command: string, send: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  /**
   * Like `run`, for a command that the caller can't do without: it has at least a second, and waits if Valkey has only
   * just stopped responding. Otherwise one late reply, common on busy cores, would fail every keyed write for a quarter
   * of a second.
   */
  insist<T>(command: string, send: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  /** Whether commands are sent, and not skipped. */
  readonly isUp: boolean;
  /** Called on each failure of Valkey. Returns a function that removes the listener. */
  onDown(listener: () => void): () => void;
  /** Detects a failure of Valkey within the timeout, while a request waits for another gateway. */
  watch(): () => void;
  /** Sends one probe, which takes at most the timeout. */
  probe(): Promise<void>;
  /** Resolves when all commands and their follow-ups are done: a released lease is also announced. */
  close(): Promise<void>;
}

export interface ValkeyOptions {
  readonly redis: Redis;
  readonly timeoutMs: number;
  readonly metrics: FleetMetrics;
  readonly complaints: Complaints;
  readonly logger: Logger;
}

/** Pause before a probe while the breaker is open. */
const PROBE_MS = 250;
/** Interval of probes while the breaker is closed. */
const CHECK_MS = 5000;
/** Interval of probes while a request waits. A failure delays a request by at most this and the timeout. */
const WATCH_MS = 10;
/** Minimum timeout of `insist`, and how long after a failure it waits for Valkey to respond again. */
const PATIENCE_MS = 1000;
/** Minimum time between two logged changes. */
const REPORT_MS = 60_000;

export function createValkey({ redis, timeoutMs, metrics, complaints, logger }: ValkeyOptions): Valkey {
  // An error reply of Valkey (full, read-only) fails only its command, since others may work.
  const breaker = circuitBreaker(
    handleWhen((error) => !isReplyError(error)),
    { halfOpenAfter: PROBE_MS / 2, breaker: new ConsecutiveBreaker(1) },
  );
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;
  let watchers = 0;
  let nextProbe: NodeJS.Timeout | undefined;
  let probing: Promise<void> | null = null;

  const patienceMs = Math.max(PATIENCE_MS, timeoutMs);
  /** When Valkey went down, or null while it is up. */
  let downSince: number | null = null;

  const isUp = (): boolean => breaker.state === CircuitState.Closed;

  async function timed<T>(
    command: string,
    send: (redis: Redis) => Promise<T>,
    deadlineMs = timeoutMs,
  ): Promise<T | undefined> {
    const startedAt = performance.now();
    const end = (outcome: CommandOutcome) => {
      metrics.command(command, outcome, (performance.now() - startedAt) / 1000);
    };
    try {
      const reply = await breaker.execute(() => within(deadlineMs, send(redis)));
      end('ok');
      return reply;
    } catch (error) {
      if (isReplyError(error)) complaints.refused(command, error);
      end(isReplyError(error) ? 'refused' : error instanceof DeadlineError ? 'timeout' : 'error');
      return undefined;
    }
  }

  async function sendIfUp<T>(
    command: string,
    send: (redis: Redis) => Promise<T>,
    deadlineMs = timeoutMs,
  ): Promise<T | undefined> {
    if (isUp()) return timed(command, send, deadlineMs);
    metrics.command(command, 'skipped', null);
    return undefined;
  }

  /** Resolves when Valkey responds, or has been down for `patienceMs`. */
  async function recovered(): Promise<void> {
    if (downSince === null) return;
    const leftMs = downSince + patienceMs - performance.now();
    if (leftMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const timer = setTimeout(resolve, leftMs);
    const subscription = breaker.onReset(resolve);
    await promise;
    clearTimeout(timer);
    subscription.dispose();
  }

  const counted = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  };

  /** Concurrent callers share one probe. */
  const probe = (): Promise<void> =>
    (probing ??= timed('PING', ping).then(() => {
      probing = null;
      schedule();
    }));

  function schedule(): void {
    if (isClosed) return;
    clearTimeout(nextProbe);
    const pauseMs = isUp() ? (watchers > 0 ? WATCH_MS : CHECK_MS) : PROBE_MS;
    nextProbe = setTimeout(() => void probe(), pauseMs).unref();
  }

  metrics.watchBreaker(() => stateOf(breaker));
  reportChanges(breaker, logger);
  breaker.onBreak(() => {
    // A failed probe opens it again.
    downSince ??= performance.now();
    schedule();
  });
  breaker.onReset(() => {
    downSince = null;
  });
  redis.on('close', () => {
    if (!isClosed) void probe();
  });

  return {
    run: (command, send) => counted(sendIfUp(command, send)),
    insist: (command, send) => counted(recovered().then(() => sendIfUp(command, send, patienceMs))),
    get isUp() {
      return isUp();
    },
    onDown(listener) {
      const subscription = breaker.onBreak(listener);
      return () => {
        subscription.dispose();
      };
    },
    watch() {
      watchers += 1;
      if (watchers === 1 && !probing) schedule();
      return () => {
        watchers -= 1;
      };
    },
    probe,
    async close() {
      isClosed = true;
      clearTimeout(nextProbe);
      while (underWay.size > 0) {
        await Promise.all(underWay);
        await turn();
      }
    },
  };
}

class DeadlineError extends Error {}

/** Rejects with DeadlineError if the promise hasn't settled in time. The work itself continues. */
const within = <T>(ms: number, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    // After a busy turn, timers fire before sockets are read: the reply may already be there.
    const timer = setTimeout(
      () =>
        setImmediate(() => {
          reject(new DeadlineError(`no response within ${ms} ms`));
        }),
      ms,
    );
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });

/** Another program may respond in Valkey's place. Here an error reply counts as a failure: nothing can be shared. */
async function ping(redis: Redis): Promise<void> {
  const reply: string = await redis.ping().catch((error: unknown) => {
    throw new Error('Valkey must respond to PING, got an error', { cause: error });
  });
  if (reply !== 'PONG') throw new Error('Valkey must respond to PING with PONG, got another reply');
}

/** Runs a script. Strings are returned as bytes. */
export const evaluate = (
  redis: Redis,
  script: string,
  names: readonly string[],
  values: readonly (string | Buffer | number)[],
): Promise<unknown> => redis.callBuffer('EVAL', script, names.length, ...names, ...values);

/** Whether Valkey sent an error, rather than nothing. */
export const isReplyError = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

/** Logs a breaker that keeps opening and closing at most once a minute. */
function reportChanges({ onBreak, onReset }: Pick<CircuitBreakerPolicy, 'onBreak' | 'onReset'>, logger: Logger): void {
  let isReported = false;
  let mutedUntil = 0;
  onBreak(() => {
    if (isReported || performance.now() < mutedUntil) return;
    isReported = true;
    logger.warn('Valkey does not respond; this gateway works alone until it does');
  });
  onReset(() => {
    if (!isReported) return;
    isReported = false;
    mutedUntil = performance.now() + REPORT_MS;
    logger.info('Valkey responds; this gateway shares again');
  });
}
