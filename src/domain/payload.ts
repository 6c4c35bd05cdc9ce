/** Whether payloads are the same: each fetch has texts of its own. */
import { isDeepStrictEqual } from 'node:util';
import type { PayloadField, PayloadText, ReadPayload, RunPayload, StepPayload } from './facts.ts';

type Payload = RunPayload & Partial<StepPayload>;

const FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

/** By value, however they were written. What is written alike is not parsed, and what can't be read is told apart by its text. */
export function isSamePayload(one: ReadPayload<Payload>, another: ReadPayload<Payload>): boolean {
  const textsOf = (field: PayloadField) => [one.texts?.[field], another.texts?.[field]] as const;
  const fields = FIELDS.filter((field) => !isSameText(...textsOf(field)));
  const [payload, other] = [one(), another()];
  return fields.every((field) => {
    const [problem, otherProblem] = [payload, other].map(({ unreadable }) =>
      unreadable.find((each) => each.field === field),
    );
    if (problem && textsOf(field)[0]) return false;
    return isDeepStrictEqual([payload[field], problem], [other[field], otherProblem]);
  });
}

type Text = PayloadText | null | undefined;

const isSameText = (one: Text, another: Text): boolean =>
  one && another ? Buffer.compare(one.bytes, another.bytes) === 0 : one === null && another === null;
