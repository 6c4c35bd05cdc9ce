/** Reads one field of a payload, for a resolver: an unreadable field is an error of that field alone. */
import type { JsonValue, PayloadField, ReadPayload, UnreadableField } from '../domain/types.ts';
import { GatewayError } from './errors.ts';

/** A step's payload, a run record's, or a run: each with the fields that it has. */
export type PayloadOf<Field extends PayloadField> = Readonly<Record<Field, JsonValue>> & {
  readonly unreadable: readonly UnreadableField[];
};

/** Throws UPSTREAM_CONTRACT_VIOLATION for a value that can't be written as JSON. */
export function readPayload<Field extends PayloadField>(payload: PayloadOf<Field>, field: Field): JsonValue {
  const unreadable = unreadableIn(payload, field);
  if (!unreadable) return payload[field];
  throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `${field}: ${unreadable.problem}`);
}

/** By what reads the payload. To measure it again may mean to parse the whole answer, and to write a megabyte. */
const measured = new WeakMap<ReadPayload<unknown>, Partial<Record<PayloadField, number>>>();

/** The size of a field's value as JSON text, in bytes, also where the value is unreadable; 0 for none. */
export function payloadBytes<Field extends PayloadField>(
  of: ReadPayload<unknown>,
  field: Field,
  read: () => PayloadOf<Field>,
): number {
  const known = measured.get(of) ?? {};
  measured.set(of, known);
  return (known[field] ??= measure(read(), field));
}

function measure<Field extends PayloadField>(payload: PayloadOf<Field>, field: Field): number {
  const unreadable = unreadableIn(payload, field);
  if (unreadable) return unreadable.sizeBytes;
  return payload[field] === null ? 0 : Buffer.byteLength(JSON.stringify(payload[field]));
}

const unreadableIn = <Field extends PayloadField>({ unreadable }: PayloadOf<Field>, field: Field) =>
  unreadable.find((each) => each.field === field);
