/**
 * When payloads are read: in one turn of the event loop only so much of them is parsed, and others are answered in between. What has to wait
 * is read operation by operation, in the order in which they came.
 */
import type { Payload, PayloadField } from '../domain/types.ts';
import { AbandonedError } from '../upstream/errors.ts';

/** Calls `readTurn` in turns of the event loop to come, until it answers false: after those that were here before. */
export type ReadingQueue = (readTurn: () => boolean) => void;

export function createReadingQueue(): ReadingQueue {
  const waiting: (() => boolean)[] = [];

  function nextTurn(): void {
    const [first] = waiting;
    if (first?.() === false) waiting.shift();
    if (waiting.length > 0) setImmediate(nextTurn);
  }

  return (readTurn) => {
    waiting.push(readTurn);
    if (waiting.length === 1) setImmediate(nextTurn);
  };
}

/** Calls `read`, which reads these fields of the payload: at once, or in a later turn. */
type Take = <T>(payload: Payload, fields: readonly PayloadField[], read: () => T) => T | Promise<T>;

export interface ReadingTurns {
  readonly take: Take;
  /** For what is small whatever the payload holds, and so needs no admission. */
  readonly takeFigures: Take;
}

/** Parsing them takes 2 to 80 ms: measured on Node 24. A larger field has a turn of its own. */
export const TURN_BYTES = 2 * 2 ** 20;
/** To parse less is cheap. */
const MIN_ADMITTED_BYTES = 2 ** 20;

export interface ReadingTurnsOptions {
  readonly queue: ReadingQueue;
  /** Nobody waits for the operation any more. */
  readonly isGone: () => boolean;
  /**
   * Called before so many bytes are parsed, if they are many. Throws RATE_LIMITED where the answer would be refused anyway, before some
   * hundred megabytes are spent on it.
   */
  readonly admit: (bytes: number) => void;
}

interface Reading {
  readonly fields: readonly PayloadField[];
  readonly read: () => void;
}

export function createReadingTurns({ queue, isGone, admit }: ReadingTurnsOptions): ReadingTurns {
  let left = TURN_BYTES;
  /** The payload that was read last, and which fields of it: to read those again costs nothing. */
  let latest: Payload | undefined;
  const latestFields = new Set<PayloadField>();
  /** In the order in which they came, but those of one payload together. */
  const waiting = new Map<Payload, Reading[]>();

  /** True if these fields may be read in this turn. Then they count. */
  function hasRoomFor(payload: Payload, fields: readonly PayloadField[]): boolean {
    const unread = payload === latest ? fields.filter((field) => !latestFields.has(field)) : fields;
    const bytes = bytesOf(payload, unread);
    if (bytes > left && left < TURN_BYTES) return false;
    left = Math.max(0, left - bytes);
    if (payload !== latest) latestFields.clear();
    latest = payload;
    for (const field of unread) latestFields.add(field);
    return true;
  }

  /** True if some have to wait on. */
  function readTurn(): boolean {
    left = TURN_BYTES;
    latest = undefined;
    for (const [payload, readings] of waiting) {
      for (let next = readings[0]; next; next = readings[0]) {
        if (!hasRoomFor(payload, next.fields)) return true;
        readings.shift();
        next.read();
      }
      waiting.delete(payload);
    }
    return false;
  }

  function wait<T>(payload: Payload, fields: readonly PayloadField[], read: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (waiting.size === 0) queue(readTurn);
    const readings = waiting.get(payload) ?? [];
    waiting.set(payload, readings);
    readings.push({
      fields,
      read() {
        try {
          if (isGone()) throw new AbandonedError();
          resolve(read());
        } catch (error) {
          reject(error);
        }
      },
    });
    return promise;
  }

  const takeFigures: Take = (payload, fields, read) =>
    hasRoomFor(payload, fields) ? read() : wait(payload, fields, read);

  return {
    take: (payload, fields, read) =>
      takeFigures(payload, fields, () => {
        const bytes = bytesOf(payload, fields);
        if (bytes >= MIN_ADMITTED_BYTES) admit(bytes);
        return read();
      }),
    takeFigures,
  };
}

/** Of what is parsed for these fields. */
const bytesOf = (payload: Payload, fields: readonly PayloadField[]): number =>
  fields.reduce((sum, field) => sum + (payload[field]?.sizeBytes ?? 0), 0);
