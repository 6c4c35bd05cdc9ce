/** What depends on the moment, on chance, or on a full queue: retries, trial calls, and which call goes first. The rest: calls.test.ts. */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Lane } from '../../src/upstream/admission.ts';
import { AbandonedError, GatewayError, type ErrorDetails } from '../../src/upstream/errors.ts';
import { createResilience, type Attempt, type Resilience } from '../../src/upstream/resilience.ts';
import { gatewayErrorOf, rejectionOf } from '../support/rejection.ts';

const TIMEOUT_MS = 10_000;
const QUEUE_LENGTH = 1000;
const laneOf = (compartment: string, viewerId = 'viewer'): Lane => ({ viewerId, compartment, isAccepted: () => true });
const STEPS = laneOf('steps wf');
const OTHER = laneOf('steps other');

const failure = (details: ErrorDetails = {}) => new GatewayError('UPSTREAM_UNAVAILABLE', 'it failed', details);
const never = new AbortController().signal;

/** An attempt that lasts until the test ends it. */
function openAttempt<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { attempt: jest.fn<Attempt<T>>(() => promise), resolve, reject };
}

describe('an upstream call', () => {
  let resilience: Resilience;

  beforeEach(() => {
    // Only timers and clocks are faked: promises run by themselves.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    // The process has run for a while.
    jest.advanceTimersByTime(TIMEOUT_MS / 2);
    resilience = createResilience({ timeoutMs: TIMEOUT_MS, concurrency: 2 });
  });
  afterEach(() => {
    const timersLeft = jest.getTimerCount();
    jest.useRealTimers();
    jest.restoreAllMocks();
    expect(timersLeft).toBe(0);
  });

  /** Lets all timers of the call pass, and returns its outcome. */
  async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
    const outcome = call.catch((reason: unknown) => reason);
    await jest.runAllTimersAsync();
    return outcome;
  }

  const failingWith = (error: Error) => jest.fn<Attempt<never>>(() => Promise.reject(error));

  describe('that may be retried', () => {
    it('waits at least as long as Retry-After says', async () => {
      const attempt = failingWith(failure({ upstreamStatus: 503, retryAfterSeconds: 3 }));
      const outcome = resilience.repeatable(STEPS, attempt, never).catch((reason: unknown) => reason);
      await jest.advanceTimersByTimeAsync(2999);
      expect(attempt).toHaveBeenCalledTimes(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(attempt).toHaveBeenCalledTimes(2);
      await jest.runAllTimersAsync();
      expect(await outcome).toBeInstanceOf(GatewayError);
    });

    it('waits for a random time: at most two seconds, and a tenth of one at least the second time', async () => {
      for (const random of [0, 0.5, 0.999]) {
        jest.spyOn(Math, 'random').mockReturnValue(random);
        const startedAt = performance.now();
        const begun: number[] = [];
        await outcomeOf(
          resilience.repeatable(
            STEPS,
            () => {
              begun.push(performance.now() - startedAt);
              return Promise.reject(failure());
            },
            never,
          ),
        );
        const [, second = 0, third = 0] = begun;
        expect(begun).toHaveLength(3);
        expect(second).toBeLessThanOrEqual(2000);
        expect(third - second).toBeGreaterThan(100);
        expect(third - second).toBeLessThanOrEqual(2000);
      }
    });

    it('is not retried if Retry-After ends after its deadline', async () => {
      const attempt = failingWith(failure({ upstreamStatus: 503, retryAfterSeconds: TIMEOUT_MS / 1000 }));
      await outcomeOf(resilience.repeatable(STEPS, attempt, never));
      expect(attempt).toHaveBeenCalledTimes(1);
    });

    it('is not retried after its deadline, however long the jitter is', async () => {
      jest.spyOn(Math, 'random').mockReturnValue(0.999);
      const startedAt = performance.now();
      const begun: number[] = [];
      const slow: Attempt<never> = async () => {
        begun.push(performance.now() - startedAt);
        await jest.advanceTimersByTimeAsync(TIMEOUT_MS - 10);
        throw failure({ upstreamStatus: 503 });
      };
      await outcomeOf(resilience.repeatable(STEPS, slow, never));
      expect(begun).toHaveLength(2);
      expect(Math.max(...begun)).toBeLessThanOrEqual(TIMEOUT_MS);
    });
  });

  describe('in time', () => {
    it('is aborted at its deadline, and reports the error itself', async () => {
      const late = new GatewayError('UPSTREAM_TIMEOUT', 'late');
      const attempt = jest.fn<Attempt<never>>(
        (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(late);
            });
          }),
      );
      const outcome = resilience.repeatable(STEPS, attempt, never).catch((reason: unknown) => reason);
      await jest.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
      expect(attempt.mock.calls[0]?.[0].aborted).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(attempt.mock.calls[0]?.[0].aborted).toBe(true);
      expect(await outcome).toBe(late);
    });

    it('leaves no listener on the signal of its client', async () => {
      const client = new AbortController();
      expect(await resilience.repeatable(STEPS, () => Promise.resolve('answer'), client.signal)).toBe('answer');
      expect(getEventListeners(client.signal, 'abort')).toEqual([]);
    });
  });

  describe('for which the bulkhead has no slot', () => {
    /** Takes both slots and the whole queue. */
    async function fill() {
      const { attempt, resolve } = openAttempt<string>();
      const lanes = ['viewer', 'neighbour'].flatMap((viewerId) => [laneOf('steps', viewerId), laneOf('run', viewerId)]);
      const calls = Array.from({ length: 2 + QUEUE_LENGTH }, (_, index) =>
        resilience.once(lanes[index % lanes.length] ?? STEPS, attempt, never),
      );
      await jest.advanceTimersByTimeAsync(0);
      return { attempt, resolve, calls };
    }

    it('is rejected with UPSTREAM_OVERLOADED when the queue is full, and accepted again later', async () => {
      const { resolve, calls } = await fill();
      const refused = jest.fn<Attempt<string>>(() => Promise.resolve('late'));
      const error = await gatewayErrorOf(resilience.repeatable(STEPS, refused, never));
      expect(error).toMatchObject({ code: 'UPSTREAM_OVERLOADED', isRetryable: true, details: { wasNotSent: true } });
      expect(resilience.state()).toEqual({
        breaker: 'closed',
        openCompartments: 0,
        callsInUse: 2,
        callsQueued: QUEUE_LENGTH,
      });
      expect(refused).not.toHaveBeenCalled();
      resolve('answer');
      await Promise.all(calls);
      expect(await resilience.repeatable(STEPS, refused, never)).toBe('late');
    });

    it('leaves its place in the queue when its client leaves', async () => {
      const { attempt, resolve } = openAttempt<string>();
      const busy = [resilience.once(OTHER, attempt, never), resilience.once(OTHER, attempt, never)];
      const unmade = jest.fn<Attempt<string>>(() => Promise.resolve('unmade'));
      const gone: Promise<unknown>[] = [];
      /** Reloads: whoever asks again has left before. */
      const askAndLeave = (viewerId: string) => {
        const client = new AbortController();
        const lanes = Array.from({ length: 500 }, (_, index) => laneOf(`steps ${index % 2}`, viewerId));
        const calls = lanes.map((lane) => rejectionOf(resilience.once(lane, unmade, client.signal)));
        client.abort();
        gone.push(...calls);
      };
      for (let time = 0; time < 8; time += 1) askAndLeave('viewer');
      expect(resilience.state().callsQueued).toBe(0);
      // So many that nobody waits for are kept until it is their turn, and no more: of one viewer, and of all.
      const other = openAttempt<string>();
      const made = resilience.once(laneOf('run', 'another'), other.attempt, never);
      for (let time = 0; time < 8; time += 1) askAndLeave('neighbour');
      const refused = await gatewayErrorOf(resilience.once(laneOf('run', 'third'), unmade, never));
      expect(refused.code).toBe('UPSTREAM_OVERLOADED');
      resolve('answer');
      await Promise.all(busy);
      other.resolve('made');
      expect(await made).toBe('made');
      for (const error of await Promise.all(gone)) expect(error).toBeInstanceOf(AbandonedError);
      expect(unmade).not.toHaveBeenCalled();
      expect(await resilience.once(laneOf('run', 'third'), unmade, never)).toBe('unmade');
    });

    it('is not retried where that comes after its deadline', async () => {
      const failed = failure({ upstreamStatus: 503 });
      const attempt = failingWith(failed);
      const call = gatewayErrorOf(resilience.repeatable(STEPS, attempt, never));
      await jest.advanceTimersByTimeAsync(0);
      expect(attempt).toHaveBeenCalledTimes(1);
      const slow = openAttempt<string>();
      const busy = [resilience.once(OTHER, slow.attempt, never), resilience.once(OTHER, slow.attempt, never)];
      await jest.advanceTimersByTimeAsync(TIMEOUT_MS + 1);
      slow.resolve('answer');
      await Promise.all(busy);
      expect(await call).toBe(failed);
      expect(attempt).toHaveBeenCalledTimes(1);
      expect(resilience.state().breaker).toBe('closed');
    });
  });

  describe('to an upstream that keeps failing', () => {
    const outcomes = async (error: Error, count: number) => {
      const attempt = failingWith(error);
      for (let call = 0; call < count; call += 1) await rejectionOf(resilience.once(STEPS, attempt, never));
      return attempt;
    };
    const answering = () => jest.fn<Attempt<string>>(() => Promise.resolve('answer'));

    /** Fifty failures within ten seconds. */
    const open = () => outcomes(failure({ upstreamStatus: 500 }), 50);

    it('is made while fewer than fifty failed, or more than half succeeded', async () => {
      await outcomes(failure(), 49);
      const attempt = answering();
      for (let call = 0; call < 51; call += 1) await resilience.once(STEPS, attempt, never);
      await outcomes(failure(), 2);
      expect(await resilience.once(STEPS, attempt, never)).toBe('answer');
    });

    it('is called open by the state no longer than ten seconds where no further call fails: the next one is tried', async () => {
      await open();
      for (let second = 0; second < 20; second += 1) {
        await jest.advanceTimersByTimeAsync(1000);
        await rejectionOf(resilience.once(STEPS, failingWith(failure()), never));
        expect(resilience.state().breaker).toBe('open');
      }
      await jest.advanceTimersByTimeAsync(9999);
      expect(resilience.state().breaker).toBe('open');
      await jest.advanceTimersByTimeAsync(1);
      expect(resilience.state().breaker).toBe('half_open');
      expect(await resilience.once(STEPS, answering(), never)).toBe('answer');
      expect(resilience.state().breaker).toBe('closed');
    });

    it('fails at once while the trial call is under way', async () => {
      await open();
      await jest.advanceTimersByTimeAsync(1000);
      const trial = openAttempt<string>();
      const first = resilience.once(STEPS, trial.attempt, never);
      const attempt = answering();
      const second = gatewayErrorOf(resilience.once(STEPS, attempt, never));
      await jest.advanceTimersByTimeAsync(0);
      trial.resolve('answer');
      expect(await first).toBe('answer');
      expect(await second).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        details: { retryAfterSeconds: 1, wasNotSent: true },
      });
      expect(attempt).not.toHaveBeenCalled();
      expect(await resilience.once(STEPS, attempt, never)).toBe('answer');
    });

    it('is made as the next trial where the client of a trial call has left, however often one does', async () => {
      await open();
      await jest.advanceTimersByTimeAsync(1000);
      for (let times = 0; times < 3; times += 1) {
        const client = new AbortController();
        const left = openAttempt<never>();
        const first = rejectionOf(resilience.once(STEPS, left.attempt, client.signal));
        await jest.advanceTimersByTimeAsync(0);
        expect(left.attempt).toHaveBeenCalledTimes(1);
        client.abort();
        left.reject(new AbandonedError());
        expect(await first).toBeInstanceOf(AbandonedError);
      }
      const trial = openAttempt<string>();
      const next = resilience.once(STEPS, trial.attempt, never);
      const refused = answering();
      await rejectionOf(resilience.once(STEPS, refused, never));
      expect(refused).not.toHaveBeenCalled();
      trial.resolve('answer');
      expect(await next).toBe('answer');
      expect(resilience.state().breaker).toBe('closed');
    });
  });

  describe('to another compartment than those that fail or are slow', () => {
    const answering = () => jest.fn<Attempt<string>>(() => Promise.resolve('answer'));
    const failIn = async (lane: Lane, count: number) => {
      for (let call = 0; call < count; call += 1) {
        await rejectionOf(resilience.once(lane, failingWith(failure()), never));
      }
    };

    const openSteps = async () => {
      for (let turn = 0; turn < 30; turn += 1) {
        await failIn(STEPS, 7);
        expect(await resilience.once(OTHER, answering(), never)).toBe('answer');
      }
    };

    it('is made while a trial call of theirs is under way, however many of them come', async () => {
      await openSteps();
      await jest.advanceTimersByTimeAsync(1000);
      const trial = openAttempt<string>();
      const first = resilience.once(STEPS, trial.attempt, never);
      const refused = Array.from({ length: 10 }, () => rejectionOf(resilience.once(STEPS, answering(), never)));
      const attempt = answering();
      const other = resilience.once(OTHER, attempt, never);
      await jest.advanceTimersByTimeAsync(0);
      expect(trial.attempt).toHaveBeenCalledTimes(1);
      expect(attempt).toHaveBeenCalledTimes(1);
      expect(await other).toBe('answer');
      trial.resolve('answer');
      expect(await first).toBe('answer');
      await Promise.all(refused);
    });

    it('is not made where they all fail, until a trial call of any of them succeeds', async () => {
      for (let compartment = 0; compartment < 50; compartment += 1) await failIn(laneOf(`steps ${compartment}`), 1);
      const attempt = answering();
      await rejectionOf(resilience.once(OTHER, attempt, never));
      expect(attempt).not.toHaveBeenCalled();
      expect(resilience.state()).toMatchObject({ breaker: 'open', openCompartments: 0 });
      await jest.advanceTimersByTimeAsync(1000);
      expect(await resilience.once(laneOf('steps 7'), attempt, never)).toBe('answer');
      expect(await resilience.once(OTHER, attempt, never)).toBe('answer');
    });

    it('is made where many fail, each seldom, while anything else is answered', async () => {
      for (let second = 0; second < 30; second += 1) {
        for (let compartment = 0; compartment < 40; compartment += 1) await failIn(laneOf(`steps ${compartment}`), 1);
        expect(await resilience.once(OTHER, answering(), never)).toBe('answer');
        await jest.advanceTimersByTimeAsync(1000);
      }
      expect(resilience.state()).toMatchObject({ breaker: 'closed', openCompartments: 0 });
    });

    it('is made for a viewer who calls seldom, where all calls of another fail: by half of the slots, until one fails', async () => {
      for (let compartment = 0; compartment < 50; compartment += 1) await failIn(laneOf(`steps ${compartment}`), 1);
      expect(resilience.state().breaker).toBe('open');
      const [first, second] = [laneOf('run wf', 'seldom'), laneOf('run wf', 'another')];
      for (let time = 0; time < 3; time += 1) expect(await resilience.once(first, answering(), never)).toBe('answer');
      const trial = openAttempt<string>();
      const failing = rejectionOf(resilience.once(first, trial.attempt, never));
      await jest.advanceTimersByTimeAsync(0);
      const refused = answering();
      await rejectionOf(resilience.once(second, refused, never));
      trial.reject(failure());
      await failing;
      await rejectionOf(resilience.once(first, refused, never));
      // One that failed takes its place for a second: an upstream that is down gets no more of them than that.
      await rejectionOf(resilience.once(second, refused, never));
      expect(refused).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1001);
      expect(await resilience.once(second, answering(), never)).toBe('answer');
    });

    it('may wait where half of the queue is theirs: they get no more', async () => {
      const slow = openAttempt<string>();
      const calls = Array.from({ length: 2 + QUEUE_LENGTH / 2 }, () => resilience.once(STEPS, slow.attempt, never));
      expect(await gatewayErrorOf(resilience.once(STEPS, slow.attempt, never))).toMatchObject({
        code: 'UPSTREAM_OVERLOADED',
      });
      const other = resilience.once(OTHER, answering(), never);
      expect(resilience.hasQueue()).toBe(true);
      slow.resolve('slow');
      expect(await other).toBe('answer');
      await Promise.all(calls);
      expect(resilience.hasQueue()).toBe(false);
    });
  });

  describe('of another viewer than one who makes many', () => {
    const lanes = Array.from({ length: 5 }, (_, index) => laneOf(`steps ${index}`, 'busy'));
    /** Takes both slots, and this many places of the queue. */
    const makeMany = (waiting: number, slow: Attempt<string>) =>
      Array.from({ length: 2 + waiting }, (_, index) =>
        resilience.once(lanes[index % lanes.length] ?? STEPS, slow, never),
      );

    it.each([STEPS, lanes[0] ?? STEPS])(
      'goes before those of theirs that wait, to $compartment',
      async ({ compartment }) => {
        const [first, slow] = [openAttempt<string>(), openAttempt<string>()];
        const calls = [...makeMany(0, first.attempt), ...makeMany(100, slow.attempt)];
        await jest.advanceTimersByTimeAsync(0);
        const call = resilience.once(laneOf(compartment, 'viewer'), () => Promise.resolve('answer'), never);
        first.resolve('first');
        expect(await call).toBe('answer');
        expect(slow.attempt.mock.calls.length).toBeLessThanOrEqual(2);
        slow.resolve('slow');
        await Promise.all(calls);
      },
    );

    it('may wait where three quarters of the queue are theirs: they get no more', async () => {
      const slow = openAttempt<string>();
      const calls = makeMany((QUEUE_LENGTH * 3) / 4, slow.attempt);
      for (const lane of [...lanes, laneOf('run', 'busy')]) {
        expect(await gatewayErrorOf(resilience.once(lane, slow.attempt, never))).toMatchObject({
          code: 'UPSTREAM_OVERLOADED',
        });
      }
      const other = resilience.once(STEPS, () => Promise.resolve('answer'), never);
      slow.resolve('slow');
      expect(await other).toBe('answer');
      await Promise.all(calls);
      expect(await resilience.once(laneOf('run', 'busy'), slow.attempt, never)).toBe('slow');
    });
  });
});
