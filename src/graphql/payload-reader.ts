/**
 * Reads the payloads of one operation. The JSON in which they came is parsed once for all fields that need it; a value is remembered until
 * the event loop turns. In one turn only so much is parsed, and others are answered in between.
 */
import type { Payload, PayloadField, PayloadValues } from '../domain/types.ts';
import { AbandonedError } from '../upstream/errors.ts';
import { payloadsIn } from '../upstream/wire/payloads.ts';

/** Calls `run` in a turn of the event loop of its own, after those that were here before. */
export type TakeTurn = (run: () => void) => void;

export function createTurns(): TakeTurn {
  const waiting: (() => void)[] = [];

  function next(): void {
    // It stays the first one until it is done, so that what it adds schedules no turn.
    waiting[0]?.();
    waiting.shift();
    if (waiting.length > 0) setImmediate(next);
  }

  return (run) => {
    waiting.push(run);
    if (waiting.length === 1) setImmediate(next);
  };
}

export interface PayloadReader {
  /** Calls `use` with the values of the payload: at once, or in a later turn. */
  read<T>(payload: Payload, use: (values: PayloadValues) => T): T | Promise<T>;
  /** What was found out about a field of a payload. It is remembered for the operation, so that many aliases look through it once. */
  known(payload: Payload, field: PayloadField): KnownField;
}

export interface KnownField {
  /** Why it cannot be answered; null if it can. */
  problem?: string | null;
  sizeBytes?: number;
}

export interface PayloadReaderOptions {
  readonly takeTurn: TakeTurn;
  /** Nobody waits for the operation any more. */
  readonly isGone: () => boolean;
  /** Called before so many bytes are parsed. Throws where the answer is refused already. */
  readonly admit: (bytes: number) => void;
}

/** Parsing them takes 1 to 50 ms. A larger answer has a turn of its own, and what is done with its values another one. */
const TURN_BYTES = 2 ** 20;

type Body = Payload['body'];

export function createPayloadReader({ takeTurn, isGone, admit }: PayloadReaderOptions): PayloadReader {
  /** In this turn. */
  const parsed = new Map<Body, (index: number) => PayloadValues>();
  let parsedBytes = 0;
  const waiting = new Map<Body, (() => void)[]>();
  const knownFields = new Map<Payload, Record<PayloadField, KnownField>>();

  function forget(): void {
    parsed.clear();
    parsedBytes = 0;
  }

  const hasRoomFor = (body: Body): boolean => parsed.has(body) || parsedBytes + body.length <= TURN_BYTES;

  function valuesOf({ body, index }: Payload): PayloadValues {
    const known = parsed.get(body);
    if (known) return known(index);
    admit(body.length);
    const payloads = payloadsIn(body);
    if (parsedBytes === 0) setImmediate(forget);
    parsed.set(body, payloads);
    parsedBytes += body.length;
    return payloads(index);
  }

  function readTurn(): void {
    forget();
    for (const [body, readers] of waiting) {
      if (parsedBytes > 0 && !hasRoomFor(body)) break;
      waiting.delete(body);
      for (const read of readers) read();
    }
    if (waiting.size > 0) takeTurn(readTurn);
  }

  function wait<T>(payload: Payload, use: (values: PayloadValues) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (waiting.size === 0) takeTurn(readTurn);
    const readers = waiting.get(payload.body) ?? [];
    waiting.set(payload.body, readers);
    readers.push(() => {
      try {
        if (isGone()) throw new AbandonedError();
        const value = use(valuesOf(payload));
        if (payload.body.length <= TURN_BYTES) resolve(value);
        else setImmediate(resolve, value);
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }

  return {
    read: (payload, use) => (hasRoomFor(payload.body) ? use(valuesOf(payload)) : wait(payload, use)),
    known(payload, field) {
      const known = knownFields.get(payload) ?? { inputs: {}, outputs: {}, metadata: {} };
      knownFields.set(payload, known);
      return known[field];
    },
  };
}
