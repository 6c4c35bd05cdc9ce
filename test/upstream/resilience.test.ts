/**
 * Tests of the modules: retries, trial calls, full queues and some connection failures cannot be caused from outside.
 * For what a client sees: calls.test.ts, connecting.e2e.test.ts, test/containment/compartments.e2e.test.ts.
 */
import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Options, RequestError } from 'got';
import { AbandonedError, GatewayError, type ErrorDetails } from '../../src/upstream/errors.ts';
import type { Lane } from '../../src/upstream/fair-queue.ts';
import { Requesters, type Requester } from '../../src/upstream/requesters.ts';
import { createResilience, type Attempt, type Resilience } from '../../src/upstream/resilience.ts';
import { toGatewayError } from '../../src/upstream/transport/connection-errors.ts';
import { createPlaces, IncomingAnswer } from '../../src/upstream/transport/incoming-answer.ts';

/** Throws if the promise is fulfilled. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === 'rejected') return outcome.reason;
  throw new Error(`expected a rejection, got ${inspect(outcome.value)}`);
}

async function gatewayErrorOf(promise: Promise<unknown>): Promise<GatewayError> {
  const reason = await rejectionOf(promise);
  if (reason instanceof GatewayError) return reason;
  throw new Error(`expected a GatewayError, got ${inspect(reason)}`);
}

const never = new AbortController().signal;

function useFakeTimers(): void {
  // Only timers and clocks are fake: promises run by themselves.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
}

describe('an upstream call', () => {
  const TIMEOUT_MS = 10_000;
  const QUEUE_LENGTH = 1000;
  const requesterOf = (owner: string, network: string | null = null): Requester => ({
    owner,
    network: () => network ?? 'network',
    isStranger: () => network !== null,
  });
  const laneOf = (compartment: string, owner = 'owner', ...others: string[]): Lane => {
    const requesters = new Requesters(requesterOf(owner));
    for (const each of [owner, ...others]) requesters.add(requesterOf(each));
    return { compartment, requesters };
  };
  const inventedKey = (owner: string, network: string): Lane => ({
    compartment: 'steps wf',
    requesters: new Requesters(requesterOf(owner, network)),
  });
  const STEPS = laneOf('steps wf');
  const OTHER = laneOf('steps other');
  let resilience: Resilience;

  beforeEach(() => {
    useFakeTimers();
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

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const failure = (details: ErrorDetails = {}) => new GatewayError('UPSTREAM_UNAVAILABLE', 'it failed', details);
  const failing = (error: Error = failure()) => jest.fn<Attempt<never>>(() => Promise.reject(error));
  const answering = () => jest.fn<Attempt<string>>(() => Promise.resolve('answer'));
  /** An attempt that lasts until the test ends it. */
  function openAttempt<T = string>() {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    return { attempt: jest.fn<Attempt<T>>(() => promise), resolve, reject };
  }
  const failIn = async (lane: Lane, count: number) => {
    for (let call = 0; call < count; call += 1) await rejectionOf(resilience.once(lane, failing(), never));
  };
  const failInEach = async (compartments: number) => {
    for (let at = 0; at < compartments; at += 1) await failIn(laneOf(`steps ${at}`), 1);
  };
  const expectAnswer = async (lane: Lane) => {
    expect(await resilience.once(lane, answering(), never)).toBe('answer');
  };
  /** The error of a call that is not attempted. */
  const refusalOf = async (lane: Lane) => {
    const attempt = answering();
    const error = await gatewayErrorOf(resilience.once(lane, attempt, never));
    expect(attempt).not.toHaveBeenCalled();
    return error;
  };
  const NOT_SENT = { details: { wasNotSent: true } };
  const OVERLOADED = { code: 'UPSTREAM_OVERLOADED', isRetryable: true, ...NOT_SENT };

  describe('retries', () => {
    /** The start of each attempt, in milliseconds after the call. */
    async function attemptsOf(work: () => Promise<void> = () => Promise.resolve()): Promise<readonly number[]> {
      const startedAt = performance.now();
      const begun: number[] = [];
      const attempt: Attempt<never> = async () => {
        begun.push(performance.now() - startedAt);
        await work();
        throw failure({ upstreamStatus: 503 });
      };
      const call = rejectionOf(resilience.repeatable(STEPS, attempt, never));
      await jest.runAllTimersAsync();
      await call;
      return begun;
    }

    it('wait at least for Retry-After', async () => {
      const attempt = failing(failure({ upstreamStatus: 503, retryAfterSeconds: 3 }));
      const outcome = rejectionOf(resilience.repeatable(STEPS, attempt, never));
      await pass(2999);
      expect(attempt).toHaveBeenCalledTimes(1);
      await pass(1);
      expect(attempt).toHaveBeenCalledTimes(2);
      await jest.runAllTimersAsync();
      expect(await outcome).toBeInstanceOf(GatewayError);
    });

    it('wait a random time of at most 2 s', async () => {
      for (const random of [0, 0.5, 0.999]) {
        jest.spyOn(Math, 'random').mockReturnValue(random);
        const begun = await attemptsOf();
        const [, second = 0, third = 0] = begun;
        expect(begun).toHaveLength(3);
        expect(second).toBeLessThanOrEqual(2000);
        expect(third - second).toBeGreaterThan(100);
        expect(third - second).toBeLessThanOrEqual(2000);
      }
    });

    it('stop if Retry-After ends after the deadline', async () => {
      const attempt = failing(failure({ upstreamStatus: 503, retryAfterSeconds: TIMEOUT_MS / 1000 }));
      await rejectionOf(resilience.repeatable(STEPS, attempt, never));
      expect(attempt).toHaveBeenCalledTimes(1);
    });

    it('stop after the deadline, whatever the jitter', async () => {
      jest.spyOn(Math, 'random').mockReturnValue(0.999);
      const begun = await attemptsOf(() => new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS - 10)));
      expect(begun).toHaveLength(2);
      expect(Math.max(...begun)).toBeLessThanOrEqual(TIMEOUT_MS);
    });

    it('stop for a call that gets its slot after the deadline', async () => {
      const failed = failure({ upstreamStatus: 503 });
      const attempt = failing(failed);
      const call = gatewayErrorOf(resilience.repeatable(STEPS, attempt, never));
      await pass(0);
      const slow = openAttempt();
      const busy = [resilience.once(OTHER, slow.attempt, never), resilience.once(OTHER, slow.attempt, never)];
      await pass(TIMEOUT_MS + 1);
      slow.resolve('answer');
      await Promise.all(busy);
      expect(await call).toBe(failed);
      expect(attempt).toHaveBeenCalledTimes(1);
    });

    it("leave no listener on the client's abort signal", async () => {
      const client = new AbortController();
      expect(await resilience.repeatable(STEPS, answering(), client.signal)).toBe('answer');
      expect(getEventListeners(client.signal, 'abort')).toEqual([]);
    });
  });

  describe('the bulkhead', () => {
    it('removes a call from the queue when its client disconnects', async () => {
      const { attempt, resolve } = openAttempt();
      const busy = [resilience.once(OTHER, attempt, never), resilience.once(OTHER, attempt, never)];
      const unmade = answering();
      const gone: Promise<unknown>[] = [];
      for (let time = 0; time < 8; time += 1) {
        const client = new AbortController();
        const lanes = Array.from({ length: 500 }, (_, index) => laneOf(`steps ${index % 2}`));
        gone.push(...lanes.map((lane) => rejectionOf(resilience.once(lane, unmade, client.signal))));
        expect(resilience.state().callsQueued).toBe(500);
        client.abort();
        expect(resilience.state().callsQueued).toBe(0);
        expect(getEventListeners(client.signal, 'abort')).toEqual([]);
      }
      for (const error of await Promise.all(gone)) expect(error).toBeInstanceOf(AbandonedError);
      const other = resilience.once(laneOf('run', 'another'), answering(), never);
      resolve('answer');
      expect(await other).toBe('answer');
      await Promise.all(busy);
      expect(unmade).not.toHaveBeenCalled();
    });

    const busyLanes = Array.from({ length: 5 }, (_, index) => laneOf(`steps ${index}`, 'busy'));
    const inventedKeys = (network: string) =>
      Array.from({ length: 1000 }, (_, index) => inventedKey(`made-up-${index}`, network));
    const isInvented = (lane: Lane = STEPS) => lane.requesters.areStrangers();
    /** Takes the slots that these may have, and this many places in the queue. */
    const makeMany = (lanes: readonly Lane[], waiting: number, slow: Attempt<string>) =>
      Array.from({ length: (isInvented(lanes[0]) ? 1 : 2) + waiting }, (_, index) =>
        resilience.once(lanes[index % lanes.length] ?? STEPS, slow, never),
      );

    it.each<[string, readonly Lane[], Lane]>([
      ['owner', busyLanes, STEPS],
      ['compartment', busyLanes.slice(0, 1), laneOf('run', 'busy')],
      ['network of made-up keys', inventedKeys('192.0.2.1'), inventedKey('new', '192.0.2.2')],
    ])('drops the newest call of the busiest %s from a full queue', async (_, lanes, other) => {
      const slow = openAttempt();
      const calls = makeMany(lanes, QUEUE_LENGTH - 1, slow.attempt);
      const newest = gatewayErrorOf(resilience.once(lanes[0] ?? STEPS, slow.attempt, never));
      const call = resilience.once(other, answering(), never);
      expect(await newest).toMatchObject(OVERLOADED);
      expect(await refusalOf(lanes[0] ?? STEPS)).toMatchObject(OVERLOADED);
      expect(resilience.state().callsQueued).toBe(QUEUE_LENGTH);
      slow.resolve('slow');
      expect(await call).toBe('answer');
      await Promise.all(calls);
      await expectAnswer(lanes[0] ?? STEPS);
    });

    it('gives a network with a hundred made-up keys one share', async () => {
      resilience = createResilience({ timeoutMs: TIMEOUT_MS, concurrency: 8 });
      const [first, slow] = [openAttempt(), openAttempt()];
      const [lane, ...lanes] = inventedKeys('192.0.2.1').slice(0, 100);
      const refused = rejectionOf(resilience.once(lane ?? STEPS, first.attempt, never));
      const calls = lanes.map((each) => resilience.once(each, slow.attempt, never));
      const call = resilience.once(inventedKey('new', '192.0.2.2'), answering(), never);
      first.reject(new GatewayError('UNAUTHENTICATED', 'refused'));
      expect(await call).toBe('answer');
      slow.resolve('slow');
      await Promise.all([refused, ...calls]);
    });

    it('gives a shared call the best position of any waiter', async () => {
      const [slow, shared, own] = [openAttempt(), openAttempt(), openAttempt()];
      const calls = [...makeMany(busyLanes, 10, slow.attempt)];
      calls.push(resilience.once(laneOf('steps shared', 'busy', 'other'), shared.attempt, never));
      calls.push(resilience.once(laneOf('steps own', 'busy'), own.attempt, never));
      slow.resolve('slow');
      await pass(0);
      expect(shared.attempt.mock.invocationCallOrder[0]).toBeLessThan(slow.attempt.mock.invocationCallOrder[2] ?? 0);
      expect(own.attempt.mock.invocationCallOrder[0]).toBeGreaterThan(slow.attempt.mock.invocationCallOrder[4] ?? 0);
      for (const { resolve } of [shared, own]) resolve('answer');
      await Promise.all(calls);
    });

    it('considers only calls that still wait when a slot is free', async () => {
      const [slow, left, joined] = [openAttempt(), openAttempt(), openAttempt()];
      const calls = [...makeMany(busyLanes, 0, slow.attempt)];
      const [withOther, withoutOther] = [laneOf('left', 'busy'), laneOf('joined', 'busy')];
      const leave = withOther.requesters.add(requesterOf('other'));
      calls.push(resilience.once(withOther, left.attempt, never));
      calls.push(resilience.once(withoutOther, joined.attempt, never));
      leave();
      withoutOther.requesters.add(requesterOf('other'));
      slow.resolve('slow');
      await pass(0);
      expect(joined.attempt.mock.invocationCallOrder[0]).toBeLessThan(left.attempt.mock.invocationCallOrder[0] ?? 0);
      for (const { resolve } of [left, joined]) resolve('answer');
      await Promise.all(calls);
    });

    it('keeps a call that a small tenant also waits for', async () => {
      const slow = openAttempt();
      const calls = makeMany(busyLanes, QUEUE_LENGTH - 1, slow.attempt);
      const shared = resilience.once(laneOf('steps shared', 'busy', 'other'), answering(), never);
      const refused = gatewayErrorOf(resilience.once(busyLanes[0] ?? STEPS, slow.attempt, never));
      expect(await refused).toMatchObject(OVERLOADED);
      slow.resolve('slow');
      expect(await shared).toBe('answer');
      await Promise.all(calls);
    });

    it('remembers a call in progress, however many others call meanwhile', async () => {
      const [long, slow, next, other] = [openAttempt(), openAttempt(), openAttempt(), openAttempt()];
      const calls = [resilience.once(laneOf('steps', 'long'), long.attempt, never)];
      for (let key = 0; key < 2100; key += 1) await expectAnswer(laneOf('steps', `owner ${key}`));
      calls.push(resilience.once(STEPS, slow.attempt, never));
      calls.push(resilience.once(laneOf('steps', 'long'), next.attempt, never));
      calls.push(resilience.once(laneOf('steps', 'other'), other.attempt, never));
      slow.resolve('answer');
      await pass(0);
      expect(other.attempt).toHaveBeenCalledTimes(1);
      expect(next.attempt).not.toHaveBeenCalled();
      for (const { resolve } of [long, next, other]) resolve('answer');
      await Promise.all(calls);
    });

    it('serves waiting tenants as often as returning ones', async () => {
      resilience = createResilience({ timeoutMs: TIMEOUT_MS, concurrency: 1 });
      const order: string[] = [];
      const callOf = async (owner: string) => {
        await resilience.once(laneOf('steps', owner), answering(), never);
        order.push(owner);
      };
      const returning = async (owner: string) => {
        for (let time = 0; time < 4; time += 1) await callOf(owner);
      };
      await Promise.all([...['one', 'two'].map(returning), ...Array.from({ length: 4 }, () => callOf('waiting'))]);
      expect(order.slice(0, 9).filter((owner) => owner === 'waiting').length).toBeGreaterThanOrEqual(3);
    });

    it.each([STEPS, busyLanes[0] ?? STEPS])(
      'prefers a call over those of another busy tenant, to $compartment',
      async ({ compartment }) => {
        const [first, slow] = [openAttempt(), openAttempt()];
        const calls = [...makeMany(busyLanes, 0, first.attempt), ...makeMany(busyLanes, 100, slow.attempt)];
        await pass(0);
        const call = resilience.once(laneOf(compartment), answering(), never);
        first.resolve('first');
        expect(await call).toBe('answer');
        expect(slow.attempt.mock.calls.length).toBeLessThanOrEqual(2);
        slow.resolve('slow');
        await Promise.all(calls);
      },
    );

    it('prefers a call over those of its tenant to a hanging workflow', async () => {
      const hanging = Array.from({ length: 4 }, () => openAttempt());
      const others = Array.from({ length: 3 }, () => openAttempt());
      const calls = [
        ...hanging.map(({ attempt }) => resilience.once(STEPS, attempt, never)),
        ...others.map(({ attempt }) => resilience.once(OTHER, attempt, never)),
      ];
      await pass(0);
      for (const [ended, begun] of [
        [hanging[0], others[0]],
        [others[0], others[1]],
        [others[1], others[2]],
        [others[2], hanging[2]],
      ]) {
        expect(begun?.attempt).not.toHaveBeenCalled();
        ended?.resolve('answer');
        await pass(0);
        expect(begun?.attempt).toHaveBeenCalledTimes(1);
      }
      for (const { resolve } of hanging) resolve('answer');
      await Promise.all(calls);
    });
  });

  describe('an upstream that keeps failing', () => {
    it('gets calls while fewer than fifty failed, or most succeeded', async () => {
      await failIn(STEPS, 49);
      for (let call = 0; call < 51; call += 1) await expectAnswer(STEPS);
      await failIn(STEPS, 2);
      await expectAnswer(STEPS);
    });

    it('opens the breaker until a trial call, which half-opens it', async () => {
      await failIn(STEPS, 50);
      for (let second = 0; second < 20; second += 1) {
        await pass(1000);
        expect(resilience.state().breaker).toBe('open');
      }
      const trial = openAttempt();
      const call = resilience.once(STEPS, trial.attempt, never);
      await pass(0);
      expect(resilience.state().breaker).toBe('half_open');
      trial.resolve('answer');
      await call;
      expect(resilience.state().breaker).toBe('closed');
    });

    it('fails calls at once while the trial call is pending', async () => {
      await failIn(STEPS, 50);
      await pass(1000);
      const trial = openAttempt();
      const first = resilience.once(STEPS, trial.attempt, never);
      expect(await refusalOf(STEPS)).toMatchObject({
        ...{ code: 'UPSTREAM_UNAVAILABLE', isRetryable: true },
        details: { retryAfterSeconds: 1, wasNotSent: true },
      });
      trial.resolve('answer');
      expect(await first).toBe('answer');
      await expectAnswer(STEPS);
    });

    it('gets calls again after a trial call, even with a client error', async () => {
      await failIn(STEPS, 50);
      await pass(1000);
      const notFound = failing(new GatewayError('NOT_FOUND', 'not found', { upstreamStatus: 404 }));
      await rejectionOf(resilience.once(STEPS, notFound, never));
      expect(resilience.state().breaker).toBe('closed');
      await expectAnswer(STEPS);
    });

    it("gets another trial a second after the trial's client disconnected", async () => {
      await failIn(STEPS, 50);
      await pass(1000);
      const client = new AbortController();
      const left = openAttempt<never>();
      const first = rejectionOf(resilience.once(STEPS, left.attempt, client.signal));
      await pass(0);
      client.abort();
      left.reject(new AbandonedError());
      expect(await first).toBeInstanceOf(AbandonedError);
      await refusalOf(STEPS);
      await pass(1000);
      await expectAnswer(STEPS);
      expect(resilience.state().breaker).toBe('closed');
    });
  });

  describe('compartments', () => {
    it('stay callable during the trial of a failing one', async () => {
      for (let turn = 0; turn < 30; turn += 1) {
        await failIn(STEPS, 7);
        await expectAnswer(OTHER);
      }
      await pass(1000);
      const trial = openAttempt();
      const first = resilience.once(STEPS, trial.attempt, never);
      const refused = Array.from({ length: 10 }, () => refusalOf(STEPS));
      await expectAnswer(OTHER);
      expect(trial.attempt).toHaveBeenCalledTimes(1);
      await Promise.all(refused);
      trial.resolve('answer');
      expect(await first).toBe('answer');
    });

    it('count as open until their trial call completes', async () => {
      for (let turn = 0; turn < 30; turn += 1) {
        await failIn(STEPS, 7);
        await expectAnswer(OTHER);
      }
      expect(resilience.state().openWorkflowBreakers).toBe(1);
      await pass(1000);
      await expectAnswer(STEPS);
      expect(resilience.state().openWorkflowBreakers).toBe(0);
    });

    it('stop all calls if all fail, until a trial succeeds', async () => {
      await failInEach(50);
      await refusalOf(OTHER);
      expect(resilience.state()).toMatchObject({ breaker: 'open', openWorkflowBreakers: 0 });
      await pass(1000);
      await expectAnswer(laneOf('steps 7'));
      await expectAnswer(OTHER);
    });

    it('keep other breakers open if many return 404', async () => {
      const error = new GatewayError('NOT_FOUND', 'not found', { upstreamStatus: 404 });
      await failIn(STEPS, 50);
      await pass(1000);
      await expectAnswer(OTHER);
      // The breaker of all calls is closed again. That of the compartment has opened again.
      await failIn(STEPS, 1);
      for (let id = 0; id < 2500; id += 1) {
        await rejectionOf(resilience.once(laneOf(`steps made-up-${id}`), failing(error), never));
        if (id % 40 === 0) await expectAnswer(OTHER);
      }
      await refusalOf(STEPS);
      expect(resilience.state()).toMatchObject({ breaker: 'closed', openWorkflowBreakers: 1 });
    });

    it('open no breaker for calls of an unaccepted key', async () => {
      const madeUp = inventedKey('made-up', 'network');
      for (let turn = 0; turn < 20; turn += 1) {
        await failIn(madeUp, 5);
        await expectAnswer(OTHER);
      }
      await expectAnswer(STEPS);
      expect(resilience.state()).toMatchObject({ breaker: 'closed', openWorkflowBreakers: 0 });
    });

    it('stay callable if many fail rarely', async () => {
      for (let second = 0; second < 30; second += 1) {
        await failInEach(40);
        await expectAnswer(OTHER);
        await pass(1000);
      }
      expect(resilience.state()).toMatchObject({ breaker: 'closed', openWorkflowBreakers: 0 });
    });

    it('give rare callers half the slots until a call fails', async () => {
      await failInEach(50);
      expect(resilience.state().breaker).toBe('open');
      const [first, second] = [laneOf('run wf', 'seldom'), laneOf('run wf', 'another')];
      for (let time = 0; time < 3; time += 1) await expectAnswer(first);
      const trial = openAttempt();
      const failed = rejectionOf(resilience.once(first, trial.attempt, never));
      await pass(0);
      await refusalOf(second);
      trial.reject(failure());
      await failed;
      await refusalOf(first);
      await expectAnswer(second);
    });
  });
});

describe('a large response', () => {
  const MIB = 2 ** 20;
  const TIMEOUT_MS = 1000;
  const limits = () => ({ timeoutMs: TIMEOUT_MS, maxResponseBytes: 16 * MIB, places: createPlaces() });
  /** An answer that the test sends. */
  function begin(ofAll: ReturnType<typeof limits>, announcedBytes?: number) {
    const downloadProgress = { total: announcedBytes };
    const stream = Object.assign(new PassThrough({ highWaterMark: 16 * MIB }), { downloadProgress });
    const answer = new IncomingAnswer(stream, ofAll);
    const outcome = answer.body().then(
      ({ length }) => length,
      () => (answer.endedBy as GatewayError).code,
    );
    return { stream, answer, outcome };
  }
  const send = async (stream: PassThrough, mebibytes: number) => {
    for (let sent = 0; sent < mebibytes; sent += 1) {
      stream.write(Buffer.alloc(MIB));
      await new Promise(setImmediate);
    }
  };
  /** Two answers that take all places, and send nothing more. */
  async function stall(ofAll: ReturnType<typeof limits>) {
    const stalled = Array.from({ length: 2 }, () => begin(ofAll));
    for (const { stream } of stalled) await send(stream, 2);
    return stalled;
  }
  beforeEach(useFakeTimers);
  afterEach(() => {
    const timersLeft = jest.getTimerCount();
    jest.useRealTimers();
    expect(timersLeft).toBe(0);
  });

  it('waits behind two stalled ones, unlike small ones', async () => {
    const all = limits();
    const stalled = await stall(all);
    await jest.advanceTimersByTimeAsync(1);
    const waiting = begin(all);
    await send(waiting.stream, 3);
    const small = begin(all);
    await send(small.stream, 1);
    small.stream.end();
    expect(await small.outcome).toBe(MIB);
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    for (const { outcome } of stalled) expect(await outcome).toBe('UPSTREAM_TIMEOUT');
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    await send(waiting.stream, 1);
    waiting.stream.end();
    expect(await waiting.outcome).toBe(4 * MIB);
  });

  it('waits from its first chunk if announced as large', async () => {
    const all = limits();
    const stalled = await stall(all);
    const [large, small] = [begin(all, 2 * MIB), begin(all, MIB)];
    await Promise.all([send(large.stream, 1), send(small.stream, 1)]);
    expect([large.stream.isPaused(), small.stream.isPaused()]).toEqual([true, false]);
    for (const { stream } of stalled) stream.end();
    await Promise.all(stalled.map(({ outcome }) => outcome));
    await send(large.stream, 1);
    large.stream.end();
    small.stream.end();
    expect([await large.outcome, await small.outcome]).toEqual([2 * MIB, MIB]);
  });

  it('takes no slot if its client disconnects while it waits', async () => {
    const all = limits();
    const stalled = await stall(all);
    const left = begin(all);
    await send(left.stream, 3);
    left.answer.end(new GatewayError('NOT_FOUND', 'left'));
    expect(await left.outcome).toBe('NOT_FOUND');
    for (const { stream } of stalled) stream.end();
    for (const { outcome } of stalled) expect(await outcome).toBe(2 * MIB);
  });
});

describe('a connection that fails', () => {
  /** The error that got throws. */
  const errorOf = (code: string) =>
    toGatewayError(new RequestError('', Object.assign(new Error(), { code }), new Options()), false);
  const named = <T>(outcome: T, ...codes: readonly string[]) => codes.map((code) => [code, outcome] as const);

  it.each([
    ...named('certificate is not trusted', 'CERT_UNTRUSTED', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    ...named('certificate is not trusted', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'),
    ...named('certificate is not trusted', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'),
    ...named('certificate is not valid for UPSTREAM_URL', 'CERT_HAS_EXPIRED', 'HOSTNAME_MISMATCH', 'INVALID_CA'),
    ...named('certificate is not valid for UPSTREAM_URL', 'INVALID_PURPOSE'),
  ])("names the setting and isn't retryable after %s: %s", (code, message) => {
    const details = { retryable: false, wasNotSent: true };
    expect(errorOf(code)).toMatchObject({ message: expect.stringContaining(message), isRetryable: false, details });
  });

  it.each([
    ...named(true, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'),
    ...named(false, 'ECONNRESET', 'EPIPE', 'EPROTO', 'INVALID_CALL'),
  ])('is retryable after %s, and wasNotSent is %s', (code, wasNotSent) => {
    expect(errorOf(code)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', isRetryable: true });
    expect(errorOf(code)).toHaveProperty('details', wasNotSent ? { wasNotSent } : {});
  });

  it('leaves other errors unchanged', () => {
    const error = new TypeError('no connection was tried');
    expect(toGatewayError(error, false)).toBe(error);
  });
});
