/**
 * Bytes of upstream answers that are still being read. Many calls may be under way, and each answer may be large: beyond the limit
 * only the largest one is read on, since it comes to its end first, and the others wait in their sockets.
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

/** What is read may exceed `maxBytes` by one answer, and by SMALL_BYTES of each of the others. */
export function createReadingLimit(maxBytes: number): ReadingLimit {
  const bytesOf = new Map<Reading, number>();
  let allBytes = 0;
  let change = Promise.withResolvers<undefined>();

  function wake(): void {
    change.resolve(undefined);
    change = Promise.withResolvers();
  }

  /** Of equal ones, which may come in step, the one that began first. */
  const largest = (): Reading | undefined => [...bytesOf].reduce((most, each) => (each[1] > most[1] ? each : most))[0];

  const mayReadOn = (reading: Reading): boolean =>
    allBytes <= maxBytes || (bytesOf.get(reading) ?? 0) <= SMALL_BYTES || reading === largest();

  return {
    begin() {
      const reading: Reading = {
        add(bytes) {
          bytesOf.set(reading, (bytesOf.get(reading) ?? 0) + bytes);
          allBytes += bytes;
        },
        async turn(signal) {
          while (!mayReadOn(reading) && !signal.aborted) {
            signal.addEventListener('abort', wake, { once: true });
            await change.promise;
            signal.removeEventListener('abort', wake);
          }
        },
        end() {
          allBytes -= bytesOf.get(reading) ?? 0;
          bytesOf.delete(reading);
          wake();
        },
      };
      return reading;
    },
  };
}
