/**
 * Single flight: concurrent calls with the same key share one call, which is aborted when nobody waits for it. Its map holds
 * calls under way only, so the upstream's bulkhead (`upstream/admission.ts`) bounds it.
 */
import { AbandonedError } from '../upstream/errors.ts';
import { afterOnThisMachine, type After } from './timer.ts';

export interface SingleFlight<T> {
  isUnderWay(key: string): boolean;
  /** Resolves when the call under way for the key is over, however it ends; null where there is none. */
  landing(key: string): Promise<void> | null;
  /**
   * Joins the call under way for the key, or starts it. A waiter whose signal fires gets AbandonedError at once. The call
   * itself is aborted a moment after its last waiter has left.
   */
  join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** When many clients disconnect at once, each may join just as the one before it leaves: the pause saves a call for each. */
const LINGER_MS = 50;

export function createSingleFlight<T>(after: After = afterOnThisMachine): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function launch(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
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

  /** Unless a later call has taken the key after this one was abandoned. */
  function forget(key: string, flight: Flight<T>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  return {
    isUnderWay: (key) => flights.has(key),
    landing(key) {
      const ignore = () => undefined;
      return flights.get(key)?.promise.then(ignore, ignore) ?? null;
    },
    join(key, signal, start) {
      if (signal.aborted) return Promise.reject(new AbandonedError());
      const flight = flights.get(key) ?? launch(key, start);
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
        signal.addEventListener('abort', leave);
        flight.promise.then(resolve, reject).finally(() => {
          signal.removeEventListener('abort', leave);
        });
      });
    },
  };
}
