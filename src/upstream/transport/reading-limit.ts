/**
 * Bytes of upstream answers that are still being read. Many calls may be under way, and each answer may be large: beyond the limit
 * only the largest one is read on, since it comes to its end first, and the others wait in their sockets. One that has stalled holds
 * nobody up: the largest of the others is read on in its place. Where another one stalls too, the largest of these is given up.
 */
export interface Reading {
  /** It has stalled, and takes memory that others wait for. */
  readonly isGivenUp: boolean;
  add(bytes: number): void;
  /** Resolves when it may be read on, or when `signal` fires. */
  turn(signal: AbortSignal): Promise<void>;
  /** What was read belongs to somebody else now, or to nobody. */
  end(): void;
}

export interface ReadingLimit {
  /** `giveUp` cuts the answer off. */
  begin(giveUp: () => void): Reading;
}

/** Smaller ones never wait for a large one. */
const SMALL_BYTES = 2 ** 18;
/** It may be read on, and nothing has come for so long. */
const STALLED_MS = 1000;
/** So many that have stalled are kept while others wait. */
const MAX_STALLED = 1;

interface State {
  readonly giveUp: () => void;
  isGivenUp: boolean;
  bytes: number;
  isWaiting: boolean;
  /** When something came, or it was its turn. */
  movedAt: number;
}

/** What is read may exceed `maxBytes` by one answer, by MAX_STALLED that have stalled, and by SMALL_BYTES of each of the others. */
export function createReadingLimit(maxBytes: number, stalledMs = STALLED_MS): ReadingLimit {
  const readings = new Set<State>();
  let allBytes = 0;
  let change = Promise.withResolvers<undefined>();

  function wake(): void {
    change.resolve(undefined);
    change = Promise.withResolvers();
  }

  const hasStalled = ({ isWaiting, movedAt }: State): boolean => !isWaiting && movedAt <= performance.now() - stalledMs;

  function mayReadOn(reading: State): boolean {
    if (allBytes <= maxBytes || reading.bytes <= SMALL_BYTES) return true;
    const stalled = [...readings].filter((each) => each.bytes > SMALL_BYTES && hasStalled(each));
    if (stalled.length > MAX_STALLED) {
      const given = largestOf(stalled);
      given.isGivenUp = true;
      given.giveUp();
    }
    return reading === largestOf([...readings].filter((each) => !hasStalled(each)));
  }

  return {
    begin(giveUp) {
      const reading: State = { giveUp, isGivenUp: false, bytes: 0, isWaiting: false, movedAt: performance.now() };
      readings.add(reading);
      return {
        get isGivenUp() {
          return reading.isGivenUp;
        },
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

/** Of equal ones, which may come in step, the one that began first. */
const largestOf = (readings: readonly State[]): State =>
  readings.reduce((most, each) => (each.bytes > most.bytes ? each : most));
