/**
 * Bytes of upstream answers that are still being read. Many calls may be under way, and each answer may be large: beyond the limit
 * only the largest one is read on, since it comes to its end first, and the others wait in their sockets. One that has stalled holds
 * nobody up: the largest of the others is read on in its place.
 */
export interface Reading {
  add(bytes: number): void;
  /** Resolves when it may be read on, or when `signal` fires. */
  turn(signal: AbortSignal): Promise<void>;
  /** What was read belongs to somebody else now, or to nobody. */
  end(): void;
}

export interface ReadingLimit {
  begin(): Reading;
}

/** Smaller ones never wait for a large one. */
const SMALL_BYTES = 2 ** 18;
/** It may be read on, and nothing has come for so long. */
const STALLED_MS = 1000;

interface State {
  bytes: number;
  isWaiting: boolean;
  /** When something came, or it was its turn. */
  movedAt: number;
}

/** What is read may exceed `maxBytes` by one answer, by those that have stalled, and by SMALL_BYTES of each of the others. */
export function createReadingLimit(maxBytes: number, stalledMs = STALLED_MS): ReadingLimit {
  const readings = new Set<State>();
  let allBytes = 0;
  let change = Promise.withResolvers<undefined>();

  function wake(): void {
    change.resolve(undefined);
    change = Promise.withResolvers();
  }

  /** Of equal ones, which may come in step, the one that began first. */
  function largest(): State {
    const since = performance.now() - stalledMs;
    const moving = [...readings].filter(({ isWaiting, movedAt }) => isWaiting || movedAt > since);
    return moving.reduce((most, each) => (each.bytes > most.bytes ? each : most));
  }

  const mayReadOn = (reading: State): boolean =>
    allBytes <= maxBytes || reading.bytes <= SMALL_BYTES || reading === largest();

  return {
    begin() {
      const reading: State = { bytes: 0, isWaiting: false, movedAt: performance.now() };
      readings.add(reading);
      return {
        add(bytes) {
          reading.bytes += bytes;
          reading.movedAt = performance.now();
          allBytes += bytes;
        },
        async turn(signal) {
          reading.isWaiting = true;
          while (!mayReadOn(reading) && !signal.aborted) {
            const timer = setTimeout(wake, stalledMs);
            signal.addEventListener('abort', wake);
            await change.promise;
            signal.removeEventListener('abort', wake);
            clearTimeout(timer);
            reading.movedAt = performance.now();
          }
          reading.isWaiting = false;
        },
        end() {
          allBytes -= reading.bytes;
          readings.delete(reading);
          wake();
        },
      };
    },
  };
}
