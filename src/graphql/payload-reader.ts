/**
 * Reads the payloads of one operation. Each JSON body is parsed once for all fields of a turn, and its values are forgotten when the
 * turn ends.
 */
import type { Payload, PayloadField, PayloadValues } from '../domain/types.ts';
import { payloadsIn } from '../upstream/wire/payloads.ts';
import { PARSED_AT_ONCE_BYTES, type Ticket } from './admission/ticket.ts';

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
  readonly ticket: Ticket;
  /** Called before a body is parsed. Throws if its values could not be answered. */
  readonly check: () => void;
}

/** Parsing this many bytes takes 1 to 50 ms. A larger body has its own turn. */
const TURN_BYTES = 2 ** 20;

type Body = Payload['body'];

interface Waiting {
  readonly payload: Payload;
  readonly read: () => void;
  readonly fail: (error: unknown) => void;
}

export function createPayloadReader({ ticket, check }: PayloadReaderOptions): PayloadReader {
  /**
   * Bodies parsed in this turn, in a new map: V8 moves the values of an old map to the old generation, also after `clear`: 500 MB
   * for readers that had waited for the upstream.
   */
  let parsed: Map<Body, (index: number) => PayloadValues> | null = null;
  let parsedBytes = 0;
  let waiting: Waiting[] = [];
  const knownFields = new Map<Payload, Record<PayloadField, KnownField>>();

  function forget(): void {
    parsed = null;
    parsedBytes = 0;
  }

  function valuesOf({ body, index }: Payload): PayloadValues {
    const known = parsed?.get(body);
    if (known) return known(index);
    check();
    const payloads = payloadsIn(body);
    if (!parsed) ticket.afterTurn(forget);
    parsed ??= new Map();
    parsed.set(body, payloads);
    parsedBytes += body.length;
    return payloads(index);
  }

  const hasRoomFor = (body: Body): boolean => !parsed || parsed.has(body) || parsedBytes + body.length <= TURN_BYTES;

  async function readInTurns(): Promise<void> {
    while (waiting.length > 0) {
      try {
        await ticket.nextTurn();
      } catch (error) {
        for (const { fail } of waiting) fail(error);
        waiting = [];
        return;
      }
      const later = [];
      for (const each of waiting) {
        if (hasRoomFor(each.payload.body)) each.read();
        else later.push(each);
      }
      waiting = later;
    }
  }

  function wait<T>(payload: Payload, use: (values: PayloadValues) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.push({
      payload,
      read() {
        try {
          resolve(use(valuesOf(payload)));
        } catch (error) {
          reject(error);
        }
      },
      fail: reject,
    });
    if (waiting.length === 1) void readInTurns();
    return promise;
  }

  return {
    read(payload, use) {
      const { body } = payload;
      const isAtOnce = parsed?.has(body) === true || parsedBytes + body.length <= PARSED_AT_ONCE_BYTES;
      return isAtOnce ? use(valuesOf(payload)) : wait(payload, use);
    },
    known(payload, field) {
      const known = knownFields.get(payload) ?? { inputs: {}, outputs: {}, metadata: {} };
      knownFields.set(payload, known);
      return known[field];
    },
  };
}
