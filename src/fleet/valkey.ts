/**
 * Commands to Valkey, each with a deadline, behind a circuit breaker. The first failure opens it, so that no request waits
 * twice; a probe in the background closes it again. While it is open nothing is sent and nothing is queued.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Redis } from 'ioredis';
import type { CommandOutcome, FleetMetrics } from '../observability/fleet-metrics.ts';
import type { BreakerState } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';
import type { Complaints } from './complaints.ts';
import { DeadlineError, within } from './deadline.ts';
import type { FleetClock } from './fleet-clock.ts';

export interface Valkey {
  /** The reply; undefined where there is none: Valkey is away, slow or full. Never rejects. `command` is a metric label. */
  run<T>(command: string, send: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  /** False: commands are skipped. */
  readonly isUp: boolean;
  /** Called each time that Valkey fails. Returns the function that ends this. */
  onDown(listener: () => void): () => void;
  /** Called each time that it is back. */
  onUp(listener: () => void): () => void;
  /** Notices within the deadline that Valkey fails, for as long as somebody waits for another gateway. */
  watch(): () => void;
  /** Asks once whether it is there, at most for the deadline. */
  probe(): Promise<void>;
  /** Resolves when nothing is under way any more, with what follows on it: a lease that is released is announced, too. */
  close(): Promise<void>;
}

export interface ValkeyOptions {
  readonly redis: Redis;
  readonly timeoutMs: number;
  readonly clock: FleetClock;
  readonly metrics: FleetMetrics;
  readonly complaints: Complaints;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The pause before a probe while the breaker is open. */
const PROBE_MS = 250;
/** The interval of probes that measure the clock while it is closed. */
const MEASURE_MS = 5000;
/** The interval of probes while somebody waits: with the deadline, the bound of what a failure costs a request. */
const WATCH_MS = 10;
/** Changes are logged no more often. */
const REPORT_MS = 60_000;

const STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
} as const satisfies Record<CircuitState, BreakerState>;

export function createValkey({ redis, timeoutMs, clock, metrics, complaints, logger, now }: ValkeyOptions): Valkey {
  // An error that Valkey answers (full, read-only) fails its command alone: others may work.
  const breaker = circuitBreaker(
    handleWhen((error) => !isReplyError(error)),
    { halfOpenAfter: PROBE_MS / 2, breaker: new ConsecutiveBreaker(1) },
  );
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;
  let watchers = 0;
  let nextProbe: NodeJS.Timeout | undefined;
  let probing: Promise<void> | null = null;

  const isUp = (): boolean => breaker.state === CircuitState.Closed;

  async function timed<T>(command: string, send: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    const startedAt = performance.now();
    const end = (outcome: CommandOutcome) => {
      metrics.command(command, outcome, (performance.now() - startedAt) / 1000);
    };
    try {
      const reply = await breaker.execute(() => within(timeoutMs, send(redis)));
      end('ok');
      return reply;
    } catch (error) {
      if (isReplyError(error)) complaints.refused(command, error);
      end(isReplyError(error) ? 'refused' : error instanceof DeadlineError ? 'timeout' : 'error');
      return undefined;
    }
  }

  /** Single flight. */
  const probe = (): Promise<void> =>
    (probing ??= measure().finally(() => {
      probing = null;
      schedule();
    }));

  async function measure(): Promise<void> {
    const sentMs = now();
    const valkeyMs = await timed('TIME', async (client) => {
      try {
        return timeOf(await client.time());
      } catch (error) {
        // Without its clock nothing can be shared: whatever the reason, that is no Valkey to work with.
        if (isReplyError(error)) complaints.refused('TIME', error);
        throw new Error('Valkey does not tell its time', { cause: error });
      }
    });
    if (valkeyMs !== undefined) clock.measured(sentMs, valkeyMs, now());
  }

  function schedule(): void {
    if (isClosed) return;
    clearTimeout(nextProbe);
    const pauseMs = isUp() ? (watchers > 0 ? WATCH_MS : MEASURE_MS) : PROBE_MS;
    nextProbe = setTimeout(() => void probe(), pauseMs).unref();
  }

  metrics.watchBreaker(() => STATES[breaker.state]);
  reportChanges(breaker, logger);
  breaker.onBreak(schedule);
  // Another server may answer next, with another clock: the probe fails, and opens the breaker until it has been asked.
  redis.on('close', () => {
    clock.forget();
    if (!isClosed) void probe();
  });

  return {
    async run(command, send) {
      if (!isUp()) {
        metrics.command(command, 'skipped', null);
        return undefined;
      }
      const sent = timed(command, send);
      underWay.add(sent);
      return sent.finally(() => underWay.delete(sent));
    },
    get isUp() {
      return isUp();
    },
    onDown: (listener) => endOf(breaker.onBreak(listener)),
    onUp: (listener) => endOf(breaker.onReset(listener)),
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

/** Milliseconds since 1970. Throws for a reply that is no time: something else may answer in Valkey's place. */
function timeOf(reply: unknown): number {
  const [, seconds, micros] = /^(\d{1,11}),(\d{1,6})$/.exec(String(reply)) ?? [];
  if (seconds === undefined) throw new Error('expected seconds and microseconds');
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

const endOf = (subscription: { dispose(): void }) => () => {
  subscription.dispose();
};

/** What Valkey answers, as opposed to no answer. */
export const isReplyError = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

/** A breaker that opens and closes all the time is told of once a minute. */
function reportChanges({ onBreak, onReset }: Pick<CircuitBreakerPolicy, 'onBreak' | 'onReset'>, logger: Logger): void {
  let isReported = false;
  let mutedUntil = 0;
  onBreak(() => {
    if (isReported || performance.now() < mutedUntil) return;
    isReported = true;
    logger.warn('Valkey does not answer: this gateway works alone until it does');
  });
  onReset(() => {
    if (!isReported) return;
    isReported = false;
    mutedUntil = performance.now() + REPORT_MS;
    logger.info('Valkey answers: this gateway shares again');
  });
}
