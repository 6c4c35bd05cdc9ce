/**
 * When payloads are read. To read one means to parse the whole answer that it came in: in one turn of the event loop an operation parses
 * only so much, and others are answered in between. What has to wait is read answer by answer, so that each of them is parsed once,
 * under however many aliases it is read.
 */
import type { ReadPayload } from '../domain/types.ts';
import { AbandonedError } from '../upstream/errors.ts';

export interface ReadingTurns {
  /** Calls `read`, which reads this payload: at once, or in a later turn. */
  take<T>(payload: ReadPayload<unknown>, read: () => T): T | Promise<T>;
}

/** Parsing them takes some 15 to 35 ms: measured on Node 24. A larger answer has a turn of its own. */
export const TURN_BYTES = 4 * 2 ** 20;

/** What is to be read of one answer. */
interface Waiting {
  readonly bytes: number;
  readonly readings: (() => void)[];
}

/** `isGone`: nobody waits for the operation any more. */
export function createReadingTurns(isGone: () => boolean): ReadingTurns {
  let left = TURN_BYTES;
  /** The answer that was parsed last: to read it again costs nothing. */
  let latest: object | undefined;
  const waiting = new Map<object, Waiting>();

  function isTurnOf(text: object, bytes: number): boolean {
    if (text === latest) return true;
    if (bytes > left && left < TURN_BYTES) return false;
    left -= bytes;
    latest = text;
    return true;
  }

  function nextTurn(): void {
    left = TURN_BYTES;
    latest = undefined;
    for (const [text, { bytes, readings }] of waiting) {
      if (!isTurnOf(text, bytes)) break;
      waiting.delete(text);
      for (const read of readings) read();
    }
    if (waiting.size > 0) setImmediate(nextTurn);
  }

  function wait<T>(text: object, bytes: number, read: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (waiting.size === 0) setImmediate(nextTurn);
    const entry = waiting.get(text) ?? { bytes, readings: [] };
    waiting.set(text, entry);
    entry.readings.push(() => {
      try {
        if (isGone()) throw new AbandonedError();
        resolve(read());
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }

  return {
    take(payload, read) {
      const { text = payload, textBytes = 0 } = payload;
      return isTurnOf(text, textBytes) ? read() : wait(text, textBytes, read);
    },
  };
}
