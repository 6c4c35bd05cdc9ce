/** Calls for the same thing at the same time are one call, which lives as long as anybody waits for it. */
import { setMaxListeners } from 'node:events';
import { AbandonedError } from '../upstream/errors.ts';
import { afterOnThisMachine, type After } from './timer.ts';

export interface SingleFlight<T> {
  isUnderWay(key: string): boolean;
  /**
   * Joins the call under way for the key, or starts it. A waiter whose signal fires gets AbandonedError at once; the
   * call itself is aborted a moment after its last waiter has left, so one impatient client can't spoil it for others.
   */
  join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Of a crowd that goes away each one may be read together with its end: without this moment, every one of them would start
 * a call of its own and abort it.
 */
const LINGER_MS = 50;

export function createSingleFlight<T>(after: After = afterOnThisMachine): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function take(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    // One signal has a listener for each policy and attempt of its call: more than ten is no leak.
    setMaxListeners(0, controller.signal);
    const flight: Flight<T> = { promise: start(controller.signal), controller, waiting: 0 };
    flights.set(key, flight);
    const land = () => {
      forget(key, flight);
    };
    flight.promise.then(land, land);
    return flight;
  }

  function abandon(key: string, flight: Flight<T>): void {
    if (flight.waiting > 0) return;
    forget(key, flight);
    flight.controller.abort();
  }

  /** Only if it is still this one: a later call may have taken the key after this one was abandoned. */
  function forget(key: string, flight: Flight<T>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  return {
    isUnderWay: (key) => flights.has(key),
    join(key, signal, start) {
      if (signal.aborted) return Promise.reject(new AbandonedError());
      const flight = flights.get(key) ?? take(key, start);
      flight.waiting += 1;
      return new Promise<T>((resolve, reject) => {
        const leave = () => {
          reject(new AbandonedError());
          flight.waiting -= 1;
          if (flight.waiting === 0)
            after(LINGER_MS, () => {
              abandon(key, flight);
            });
        };
        signal.addEventListener('abort', leave, { once: true });
        flight.promise.then(resolve, reject).finally(() => {
          signal.removeEventListener('abort', leave);
        });
      });
    },
  };
}
