/** Payloads on the wire: the members of an item that contain them, and the JSON that they are read from again. */
import { NOT_FINITE, TOO_DEEP, MAX_JSON_DEPTH, unwritable } from '../../domain/json.ts';
import { parseExactJson } from '../../domain/long-integers.ts';
import { digestOf, isSamePayload } from '../../domain/payload.ts';
import type { JsonValue, Payload, PayloadField, PayloadValues } from '../../domain/types.ts';
import { isObject } from './fields.ts';

const NAMES: Readonly<Record<PayloadField, string>> = {
  inputs: 'inputs',
  outputs: 'outputs',
  metadata: 'step_metadata',
  waitRequest: 'wait_request',
};

/** Integers of `item` must be exact. */
export function payloadValues(item: unknown): PayloadValues {
  const valueOf = (name: string): JsonValue => (isObject(item) ? ((item[name] ?? null) as JsonValue) : null);
  return {
    inputs: valueOf(NAMES.inputs),
    outputs: valueOf(NAMES.outputs),
    metadata: valueOf(NAMES.metadata),
    waitRequest: valueOf(NAMES.waitRequest),
  };
}

/** Reports fields that can't be returned, by member name. */
export function checkPayload(values: PayloadValues, report: (name: string, problem: string) => void): void {
  for (const field of FIELDS) {
    const problem = unwritable(values[field]);
    if (problem !== null) report(NAMES[field], problem);
  }
}

const FIELDS = Object.keys(NAMES) as readonly PayloadField[];

/** Parses the JSON of payloads again. Returns the values at each position. */
export function payloadsIn(body: Uint8Array): (index: number) => PayloadValues {
  const items = parseExactJson(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
  return (index) => payloadValues(Array.isArray(items) ? (items as readonly unknown[])[index] : items);
}

const EMPTY_LIST = Buffer.from('[]');

export const NO_PAYLOAD: Payload = { body: EMPTY_LIST, index: 0 };

/** Returns a payload with its own bytes, so a cached record doesn't keep the rest of its response, `all_outputs`. */
export function ownPayload(values: PayloadValues): Payload {
  return FIELDS.every((field) => values[field] === null) ? NO_PAYLOAD : { body: ownPayloads([values]), index: 0 };
}

/** Copies of the JSON of payloads, each at its index. */
export function ownPayloads(payloads: readonly PayloadValues[]): Buffer {
  const json = `[${payloads.map(jsonOfPayload).join(',')}]`;
  // Not from Node's pool, which a small piece would keep in memory as a whole.
  const body = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
  body.write(json);
  return body;
}

function jsonOfPayload(values: PayloadValues): string {
  const members = FIELDS.filter((field) => values[field] !== null).map(
    (field) => `${JSON.stringify(NAMES[field])}:${jsonOf(values[field])}`,
  );
  return `{${members.join(',')}}`;
}

/** Replaces a value that can't be serialized with a short value that has the same problem. */
function jsonOf(value: JsonValue): string {
  const problem = unwritable(value);
  return problem === null ? JSON.stringify(value) : (STAND_INS[problem] ?? 'null');
}

const STAND_INS: Readonly<Record<string, string>> = {
  [TOO_DEEP]: '['.repeat(MAX_JSON_DEPTH + 1) + ']'.repeat(MAX_JSON_DEPTH + 1),
  [NOT_FINITE]: '1e999',
};

export interface PayloadComparison {
  readonly isSame: (one: Payload, another: Payload) => boolean;
  /** Parses what `isSame` needs of two payloads. Large responses are parsed one per turn of the event loop. */
  readonly prepare: (one: Payload, another: Payload) => Generator<void, void, void>;
}

/** Compares payloads by value, for one comparison of two responses, and remembers parsed payloads. */
export function createPayloadComparison(): PayloadComparison {
  const parsed = new Map<Uint8Array, (index: number) => PayloadValues>();
  let alike: readonly [Uint8Array, Uint8Array] | undefined;

  function areAlike(one: Uint8Array, another: Uint8Array): boolean {
    if (one === another || (alike?.[0] === one && alike[1] === another)) return true;
    if (one.length !== another.length || parsed.has(one) || Buffer.compare(one, another) !== 0) return false;
    alike = [one, another];
    return true;
  }

  function valuesOf({ body, index }: Payload): PayloadValues {
    const payloads = parsed.get(body) ?? payloadsIn(body);
    parsed.set(body, payloads);
    return payloads(index);
  }

  const digestIn = (payload: Payload): string => payload.digest ?? digestOf(valuesOf(payload));

  const areSame = (one: Payload, another: Payload): boolean =>
    one.digest === undefined && another.digest === undefined
      ? isSamePayload(valuesOf(one), valuesOf(another))
      : digestIn(one) === digestIn(another);

  return {
    isSame: (one, another) =>
      (one.index === another.index && areAlike(one.body, another.body)) || areSame(one, another),
    *prepare(one, another) {
      if (areAlike(one.body, another.body)) return;
      for (const payload of [one, another]) {
        if (payload.digest !== undefined) continue;
        valuesOf(payload);
        yield;
      }
    },
  };
}
