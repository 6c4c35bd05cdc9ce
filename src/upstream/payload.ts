/** Reads one field of a payload, for a resolver: an unreadable field is an error of that field alone. */
import { MAX_JSON_DEPTH } from '../domain/json.ts';
import type { JsonValue, PayloadField, UnreadableField } from '../domain/types.ts';
import { GatewayError } from './errors.ts';

/** A step's payload, a run record's, or a run: each with the fields that it has. */
export type PayloadOf<Field extends PayloadField> = Readonly<Record<Field, JsonValue>> & {
  readonly unreadable: readonly UnreadableField[];
};

/** Throws UPSTREAM_CONTRACT_VIOLATION for a value that is nested too deep. */
export function readPayload<Field extends PayloadField>(payload: PayloadOf<Field>, field: Field): JsonValue {
  if (!unreadableIn(payload, field)) return payload[field];
  throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `${field}: nested deeper than ${MAX_JSON_DEPTH} levels`);
}

/** The size of a field's value as JSON text, in bytes, also where the value is unreadable; 0 for none. */
export function payloadBytes<Field extends PayloadField>(payload: PayloadOf<Field>, field: Field): number {
  const unreadable = unreadableIn(payload, field);
  if (unreadable) return unreadable.sizeBytes;
  return payload[field] === null ? 0 : Buffer.byteLength(JSON.stringify(payload[field]), 'utf8');
}

const unreadableIn = <Field extends PayloadField>({ unreadable }: PayloadOf<Field>, field: Field) =>
  unreadable.find((each) => each.field === field);
