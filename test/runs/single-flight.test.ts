import { describe, expect, it, jest } from '@jest/globals';
import { createSingleFlight } from '../../src/runs/single-flight.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';
import { atOnce, settle } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';

/** A call that lasts until the test ends it. */
function openCall() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { start: jest.fn<(signal: AbortSignal) => Promise<string>>(() => promise), resolve, reject };
}

const staying = () => new AbortController().signal;

describe('single flight', () => {
  it('shares one call among all who join while it is under way, and starts a new one afterwards', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const first = openCall();
    const answers = Promise.all([1, 2, 3].map(() => flights.join('key', staying(), first.start)));
    expect(flights.isUnderWay('key')).toBe(true);
    first.resolve('answer');
    expect(await answers).toEqual(['answer', 'answer', 'answer']);
    expect(first.start).toHaveBeenCalledTimes(1);
    expect(flights.isUnderWay('key')).toBe(false);

    const second = openCall();
    second.resolve('another');
    expect(await flights.join('key', staying(), second.start)).toBe('another');
  });

  it('has ended when its waiters get the result, so that they can start another', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const call = openCall();
    const seen = flights.join('key', staying(), call.start).catch(() => flights.isUnderWay('key'));
    call.reject(new Error('failed'));
    expect(await seen).toBe(false);
  });

  it('makes one call for each key', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const [one, other] = [openCall(), openCall()];
    const answers = Promise.all([
      flights.join('one', staying(), one.start),
      flights.join('other', staying(), other.start),
    ]);
    other.resolve('other');
    one.resolve('one');
    expect(await answers).toEqual(['one', 'other']);
  });

  it('fails for every waiter, and is forgotten', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const call = openCall();
    const failed = new Error('failed');
    const outcomes = [1, 2].map(() => rejectionOf(flights.join('key', staying(), call.start)));
    call.reject(failed);
    expect(await Promise.all(outcomes)).toEqual([failed, failed]);
    expect(flights.isUnderWay('key')).toBe(false);
  });

  it('goes on when one waiter leaves, which gets an AbandonedError only', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const call = openCall();
    const leaving = new AbortController();
    const left = rejectionOf(flights.join('key', leaving.signal, call.start));
    const stayed = flights.join('key', staying(), call.start);
    leaving.abort();
    expect(await left).toBeInstanceOf(AbandonedError);
    expect(call.start.mock.calls[0]?.[0].aborted).toBe(false);
    call.resolve('answer');
    expect(await stayed).toBe('answer');
  });

  it('is aborted when its last waiter leaves; the next one starts another call', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const abandoned = openCall();
    const [one, other] = [new AbortController(), new AbortController()];
    const left = [one, other].map(({ signal }) => rejectionOf(flights.join('key', signal, abandoned.start)));
    one.abort();
    expect(flights.isUnderWay('key')).toBe(true);
    other.abort();
    expect(flights.isUnderWay('key')).toBe(false);
    expect(abandoned.start.mock.calls[0]?.[0].aborted).toBe(true);
    for (const error of await Promise.all(left)) expect(error).toBeInstanceOf(AbandonedError);

    const next = openCall();
    const answer = flights.join('key', staying(), next.start);
    // The end of the aborted call must not remove the new one.
    abandoned.reject(new AbandonedError());
    await settle();
    expect(flights.isUnderWay('key')).toBe(true);
    next.resolve('answer');
    expect(await answer).toBe('answer');
  });

  it('goes on if another waiter joins right after the last one has left', async () => {
    const timers: (() => void)[] = [];
    const flights = createSingleFlight<string>((_ms, task) => {
      timers.push(task);
      return () => undefined;
    });
    const call = openCall();
    const leaving = new AbortController();
    const left = rejectionOf(flights.join('key', leaving.signal, call.start));
    leaving.abort();
    expect(await left).toBeInstanceOf(AbandonedError);
    const answer = flights.join('key', staying(), call.start);
    expect(timers).toHaveLength(1);
    for (const fire of timers) fire();
    expect(call.start).toHaveBeenCalledTimes(1);
    expect(call.start.mock.calls[0]?.[0].aborted).toBe(false);
    call.resolve('answer');
    expect(await answer).toBe('answer');
  });

  it('is not started for a client that has already left', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const call = openCall();
    expect(await rejectionOf(flights.join('key', AbortSignal.abort(), call.start))).toBeInstanceOf(AbandonedError);
    expect(call.start).not.toHaveBeenCalled();
    expect(flights.isUnderWay('key')).toBe(false);
  });

  it.each(['resolve', 'reject'] as const)('tells when the call under way has landed, by a %s', async (end) => {
    const flights = createSingleFlight<string>(atOnce);
    expect(flights.landing('key')).toBeNull();
    const call = openCall();
    const answer = Promise.allSettled([flights.join('key', staying(), call.start)]);
    const landed = flights.landing('key')?.then(() => flights.isUnderWay('key'));
    call[end]('the end');
    expect(await landed).toBe(false);
    await answer;
  });

  it('leaves no listener on the signal of a waiter that has its result', async () => {
    const flights = createSingleFlight<string>(atOnce);
    const client = new AbortController();
    const remove = jest.spyOn(client.signal, 'removeEventListener');
    const add = jest.spyOn(client.signal, 'addEventListener');
    const call = openCall();
    const answer = flights.join('key', client.signal, call.start);
    call.resolve('answer');
    await answer;
    await settle();
    expect(add.mock.calls.map(([, listener]) => listener)).toEqual(remove.mock.calls.map(([, listener]) => listener));
    client.abort();
    expect(call.start.mock.calls[0]?.[0].aborted).toBe(false);
  });
});
