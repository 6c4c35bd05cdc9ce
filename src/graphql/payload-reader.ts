/**
 * Reads the payloads of one operation. Each JSON body is parsed once for all fields, and its values are cached until
 * the event loop turns. One turn parses a limited number of bytes, so that other operations run in between.
 */
import type { Payload, PayloadField, PayloadValues } from '../domain/types.ts';
import { AbandonedError } from '../upstream/errors.ts';
import { payloadsIn } from '../upstream/wire/payloads.ts';
import type { TakeTurn } from './turns.ts';

export interface PayloadReader {
  /** Calls `use` with the values of the payload: at once, or in a later turn. */
  read<T>(payload: Payload, use: (values: PayloadValues) => T): T | Promise<T>;
  /** Facts about a field of a payload, cached for the operation, so that many aliases compute them once. */
  known(payload: Payload, field: PayloadField): KnownField;
}

export interface KnownField {
  /** Reason why the field cannot be sent. Null if it can. */
  problem?: string | null;
  sizeBytes?: number;
}

export interface PayloadReaderOptions {
  readonly takeTurn: TakeTurn;
  /** True if no client waits for the operation any more. */
  readonly isGone: () => boolean;
  /** Called before this many bytes are parsed. Throws if the answer is already rejected. */
  readonly admit: (bytes: number) => void;
}

/** Parsing this many bytes takes 1 to 50 ms. A larger body has its own turn, and the use of its values another one. */
const TURN_BYTES = 2 ** 20;

type Body = Payload['body'];

export function createPayloadReader({ takeTurn, isGone, admit }: PayloadReaderOptions): PayloadReader {
  /** Bodies parsed in this turn. */
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
