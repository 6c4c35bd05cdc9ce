/** Whether payloads are the same: each fetch has texts of its own. */
import { isDeepStrictEqual } from 'node:util';
import type { PayloadField, ReadPayload, RunPayload, StepPayload } from './facts.ts';

type Payload = RunPayload & Partial<StepPayload>;

const FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

/** By value, however they were written. What is written alike is not parsed. */
export function isSamePayload(one: ReadPayload<Payload>, another: ReadPayload<Payload>): boolean {
  const fields = FIELDS.filter((field) => !isSameText(one.texts?.[field], another.texts?.[field]));
  if (fields.length === 0) return true;
  const [payload, other] = [one(), another()];
  return fields.every((field) => isDeepStrictEqual(told(payload, field), told(other, field)));
}

type Text = NonNullable<ReadPayload<Payload>['texts']>[PayloadField] | undefined;

const isSameText = (one: Text, another: Text): boolean =>
  one && another ? Buffer.compare(one.bytes, another.bytes) === 0 : one === null && another === null;

const told = (payload: Payload, field: PayloadField) => [
  payload[field],
  payload.unreadable.find((each) => each.field === field),
];
