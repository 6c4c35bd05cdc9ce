/**
 * Admission of upstream calls: who waits for whom, and where a pause is made. A call passes the bulkhead of its lane, that of its viewer, the
 * circuit breaker of its compartment, and the bulkhead and breaker of all calls. Calls of keys that nobody has accepted yet share a small
 * bulkhead of their own: a key can be invented.
 */
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  DelegateBackoff,
  handleWhen,
  SamplingBreaker,
  wrap,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import { LRUCache } from 'lru-cache';
import type { BreakerState } from '../observability/instruments.ts';
import type { UpstreamState } from '../observability/metrics.ts';
import type { Refusals } from './api.ts';
import { GatewayError, isOutage } from './errors.ts';
import { createUnacceptedKeys } from './unaccepted-keys.ts';

export interface Lane {
  /** Calls of other viewers go on, however many this one makes. */
  readonly viewerId: string;
  /** The part of the upstream that a call goes to. Where it is slow or fails, calls to others go on. */
  readonly compartment: string;
  /** Whether the gateway or the upstream has accepted the viewer's key by now. */
  readonly isAccepted: () => boolean;
  readonly refusals?: Refusals | undefined;
}

export interface Admission {
  /** Calls `attempt` when there is a slot for it. Rejects with an error of cockatiel if there will be none. */
  readonly admit: <T>(lane: Lane, attempt: (isTrial: boolean) => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly state: () => UpstreamState;
  /** True while calls wait for a slot. */
  readonly hasQueue: () => boolean;
}

/** Calls that may wait for a slot: all, those of one viewer, and those of one lane. */
const MAX_WAITING = { all: 1000, viewer: 750, lane: 500 };
/** With those whose clients have left, so many times as many: cockatiel drops them when their turn comes, and not before. */
const QUEUED_FACTOR = 4;
/** The part of the slots that calls of all keys have together which nobody has accepted yet. */
const UNACCEPTED_SHARE = 1 / 4;
/** A breaker opens when more of the calls in ten seconds failed than this, at five a second or more. */
const COMPARTMENT_THRESHOLD = 0.5;
/** That of all calls: when none was answered. Sick workflows that are called seldom fail there alone, however many there are. */
const THRESHOLD = 1 - 1e-9;
const SAMPLING = { duration: 10_000, minimumRps: 5 };
export const HALF_OPEN_AFTER_MS = 1000;
/** A queue takes 0.3 KB and a breaker 3 KB, beside their names. One that is forgotten begins anew. */
const MAX_QUEUES = 4000;
const MAX_BREAKERS = 1000;
/** A breaker stays as it is while nobody calls: the state calls open what has opened within this time. */
const TOLD_MS = 10_000;

export function createAdmission(concurrency: number): Admission {
  const all = createQueue(concurrency);
  const breaker = createTimedBreaker(THRESHOLD);
  /** Trial calls beside those of the breaker of all calls. They leave slots free, where calls that are refused end at once. */
  let trials = 0;
  /** When those that failed within a second did. */
  const failedTrials: number[] = [];
  const maxTrials = Math.ceil(concurrency / 2);
  /** By viewer, and by lane. */
  const queues = new LRUCache<string, Queue>({ max: MAX_QUEUES });
  const compartments = new LRUCache<string, TimedBreaker>({ max: MAX_BREAKERS });

  const unaccepted = createUnacceptedKeys(Math.ceil(concurrency * UNACCEPTED_SHARE));

  /** It has all slots that there are: calls that wait for one of them let those of others go before. */
  function queueOf(name: string): Queue {
    const queue = queues.get(name) ?? createQueue(concurrency);
    queues.set(name, queue);
    return queue;
  }

  function breakerOf(name: string): TimedBreaker {
    const compartment = compartments.get(name) ?? createTimedBreaker(COMPARTMENT_THRESHOLD);
    compartments.set(name, compartment);
    return compartment;
  }

  /** While the breaker of all calls is open, a viewer who had no failure lately is tried all the same: those may all be of others. */
  async function throughAll<T>({ failedAt }: Queue, call: () => Promise<T>): Promise<T> {
    try {
      return await through(breaker, call);
    } catch (error) {
      const hasFailed = performance.now() - failedAt < SAMPLING.duration;
      while ((failedTrials[0] ?? Infinity) < performance.now() - HALF_OPEN_AFTER_MS) failedTrials.shift();
      if (!(error instanceof BrokenCircuitError) || hasFailed || trials + failedTrials.length >= maxTrials) throw error;
    }
    trials += 1;
    try {
      return await call();
    } catch (error) {
      if (isFault(error)) failedTrials.push(performance.now());
      throw error;
    } finally {
      trials -= 1;
    }
  }

  /** Leaves no queue and no breaker behind: made-up keys and ids would take the places of others. */
  function admitTrial<T>({ compartment }: Lane, attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const callInSlot = () => all.slots.execute(() => through(breaker, attempt), signal);
    const known = compartments.get(compartment);
    return known ? through(known, callInSlot) : callInSlot();
  }

  return {
    async admit(lane, attempt, signal) {
      const { viewerId, compartment } = lane;
      if (!lane.isAccepted()) {
        const tried = await unaccepted.attempt(lane, () => admitTrial(lane, () => attempt(true), signal), signal);
        if (tried) return tried.answer;
      }
      const ofViewer = queueOf(viewerId);
      const ofLane = queueOf(`${viewerId} ${compartment}`);
      if (isFull(all, MAX_WAITING.all) || isFull(ofViewer, MAX_WAITING.viewer) || isFull(ofLane, MAX_WAITING.lane)) {
        throw new BulkheadRejectedError(concurrency, MAX_WAITING.all);
      }
      const leave = enter([all, ofViewer, ofLane], 'waiting');
      const leaveQueue = enter([all, ofViewer, ofLane], 'queued');
      signal.addEventListener('abort', leave);
      try {
        const call = async () => {
          leave();
          leaveQueue();
          try {
            return await attempt(false);
          } catch (error) {
            if (isFault(error)) ofViewer.failedAt = performance.now();
            throw error;
          }
        };
        const callInSlot = () => all.slots.execute(() => throughAll(ofViewer, call), signal);
        const order = wrap(ofLane.slots, ofViewer.slots);
        return await order.execute(() => through(breakerOf(compartment), callInSlot), signal);
      } finally {
        signal.removeEventListener('abort', leave);
        leave();
        leaveQueue();
      }
    },
    state: () => ({
      breaker: stateOf(breaker),
      openWorkflowBreakers: [...compartments.values()].filter(({ hasOpened }) => hasOpened()).length,
      callsInUse: concurrency - all.slots.executionSlots,
      callsQueued: all.waiting,
    }),
    hasQueue: () => all.waiting > 0,
  };
}

/** The calls of a lane, of a viewer, or all. */
interface Queue {
  readonly slots: BulkheadPolicy;
  /** Calls that are not under way yet, and that somebody waits for. */
  waiting: number;
  /** With those that nobody waits for any more. */
  queued: number;
  /** When the upstream failed in one last. */
  failedAt: number;
}

const createQueue = (concurrency: number): Queue => ({
  slots: bulkhead(concurrency, Infinity),
  waiting: 0,
  queued: 0,
  failedAt: -Infinity,
});

const isFull = ({ waiting, queued }: Queue, maxWaiting: number): boolean =>
  waiting >= maxWaiting || queued >= QUEUED_FACTOR * maxWaiting;

/** Counts a call in each of the queues, until the function that it returns is called. */
function enter(queues: readonly Queue[], count: 'waiting' | 'queued'): () => void {
  for (const queue of queues) queue[count] += 1;
  let isIn = true;
  return () => {
    if (isIn) for (const queue of queues) queue[count] -= 1;
    isIn = false;
  };
}

interface TimedBreaker {
  readonly policy: CircuitBreakerPolicy;
  readonly hasOpened: () => boolean;
  /** Closes it where the machine's clock, by which cockatiel measures the pause, was set back since it opened. */
  readonly restart: () => void;
}

function createTimedBreaker(threshold: number): TimedBreaker {
  const policy = createBreaker(threshold);
  let openedAt = 0;
  policy.onBreak(() => {
    openedAt = Date.now();
  });
  return {
    policy,
    restart: () => {
      if (policy.state === CircuitState.Open && Date.now() < openedAt) policy.isolate().dispose();
    },
    hasOpened: () => policy.state !== CircuitState.Closed && Date.now() - openedAt < TOLD_MS,
  };
}

/** `open` where calls are refused, also beside a trial call: one that hangs is no sign of a recovery. `half_open`: the next one is tried. */
function stateOf({ policy: { state }, hasOpened }: TimedBreaker): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen || hasOpened() ? 'open' : 'half_open';
}

/** The client left, or another breaker is open. */
const isUnanswered = (error: unknown): boolean => !(error instanceof GatewayError);

/** After a trial call that was not answered the next one is the trial: clients that leave must not keep others from it. */
const PAUSE = new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ result }) =>
  'error' in result && isUnanswered(result.error) ? 0 : HALF_OPEN_AFTER_MS,
);

function createBreaker(threshold: number): CircuitBreakerPolicy {
  const breaker: CircuitBreakerPolicy = circuitBreaker(handleWhen(countsAsFailure), {
    breaker: new SamplingBreaker({ ...SAMPLING, threshold }),
    halfOpenAfter: PAUSE,
  });
  // A trial call that the upstream has not answered must not close a half-open one.
  function countsAsFailure(error: unknown): boolean {
    return isFault(error) || (isUnanswered(error) && breaker.state === CircuitState.HalfOpen);
  }
  return breaker;
}

/** While a trial call is under way, others are refused: cockatiel lets them wait for it, with slots that other calls need. */
function through<T>({ policy, restart }: TimedBreaker, call: () => Promise<T>): Promise<T> {
  restart();
  return policy.state === CircuitState.HalfOpen ? Promise.reject(new BrokenCircuitError()) : policy.execute(call);
}

/** A failure of the upstream itself, not of one caller's key, id or rate, nor of a setting: that one's message must stay. */
const isFault = (error: unknown): boolean =>
  isOutage(error) && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT');
